import { assert } from '../base/assert.ts';
import { noEntries } from './output.ts';
import { type Entry, type Index, indexOf, type LogBase, type Term, termOf } from './types.ts';

/**
 * One replica's log in memory (thesis 3.5): the entries after a base whose term is remembered.
 * Terms and log times never fall along it.
 */
export class RaftLog {
  #base: LogBase;
  /** `#entries[k]` has the index `#base.index + 1 + k`. */
  #entries: Entry[] = [];
  #last: LogBase;

  constructor(base: LogBase, entries: readonly Entry[]) {
    assert(Number.isSafeInteger(base.index) && base.index >= 0, 'a log begins at an index');
    this.#base = base;
    this.#last = base;
    for (const entry of entries) this.append(entry);
  }

  /** The last index that is no longer held; its term still is. */
  get baseIndex(): Index {
    return this.#base.index;
  }

  get lastIndex(): Index {
    return this.#last.index;
  }

  get lastTerm(): Term {
    return this.#last.term;
  }

  get lastTimeMs(): number {
    return this.#last.timeMs;
  }

  /** The term of the entry at `index`; undefined if it was compacted or does not exist. */
  findTerm(index: Index): Term | undefined {
    if (index === this.#base.index) return this.#base.term;
    return this.#entries[index - this.#base.index - 1]?.term;
  }

  /** The entry before `index`, or the base; undefined if it was compacted or does not exist. */
  findPlaceBefore(index: Index): LogBase | undefined {
    if (index === this.#base.index + 1) return this.#base;
    return this.#entries[index - this.#base.index - 2];
  }

  append(entry: Entry): void {
    assert(entry.index === this.#last.index + 1, 'entries follow each other without a gap');
    assert(entry.term >= this.#last.term, 'terms do not fall along a log');
    assert(entry.timeMs >= this.#last.timeMs, 'log time does not fall along a log');
    this.#entries.push(entry);
    this.#last = entry;
  }

  /** Removes the entry at `index` and all after it. */
  truncateFrom(index: Index): void {
    assert(index > this.#base.index, 'the state cannot be cut');
    assert(index <= this.#last.index, 'a cut removes an entry');
    this.#entries.length = index - this.#base.index - 1;
    this.#last = this.#entries[this.#entries.length - 1] ?? this.#base;
  }

  /** The entries from `first` to `last`, both included. */
  slice(first: Index, last: Index): readonly Entry[] {
    if (first > last) return noEntries;
    assert(first > this.#base.index && last <= this.#last.index, 'the log holds what is read');
    return this.#entries.slice(first - this.#base.index - 1, last - this.#base.index);
  }

  /**
   * The entries from `first` on, as many as fit into `bytesMax`, but at least one where there is
   * one: a message that carries nothing for ever would stop a follower.
   */
  sliceBytes(first: Index, bytesMax: number): readonly Entry[] {
    let bytes = 0;
    let end = first - this.#base.index - 1;
    assert(end >= 0, 'the log holds what is read');
    const start = end;
    for (; end < this.#entries.length; end += 1) {
      bytes += this.#entries[end]?.payload.length ?? 0;
      if (bytes > bytesMax && end > start) break;
    }
    return start === end ? noEntries : this.#entries.slice(start, end);
  }

  /** Forgets the entries up to `index`, but remembers the term and the time of that one. */
  compact(index: Index): void {
    if (index <= this.#base.index) return;
    const entry = this.#entries[index - this.#base.index - 1];
    assert(entry !== undefined, 'a log is compacted within itself');
    this.#entries = this.#entries.slice(index - this.#base.index);
    this.#base = { index, term: entry.term, timeMs: entry.timeMs };
    if (this.#entries.length === 0) this.#last = this.#base;
  }

  /** Forgets all entries: the log begins after a state that was installed. */
  restart(base: LogBase): void {
    assert(base.index > this.#base.index, 'a state that is installed is a newer one');
    this.#base = { index: base.index, term: base.term, timeMs: base.timeMs };
    this.#entries = [];
    this.#last = this.#base;
  }

  /**
   * The last place at or before `index` whose term is at most `term`. Two logs of which one has
   * `term` at `index` cannot be equal after it, because terms do not fall along a log. Where the
   * log is compacted, `index` itself: nothing better is known.
   */
  findLastOfTermAtMost(index: Index, term: Term): { index: Index; term: Term } {
    if (index <= this.#base.index) return { index, term: this.findTerm(index) ?? termOf(0) };
    let low: number = this.#base.index;
    let high: number = Math.min(index, this.#last.index);
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      const found = this.#entries[middle - this.#base.index - 1];
      assert(found !== undefined, 'the middle of the log is in it');
      if (found.term <= term) low = middle;
      else high = middle - 1;
    }
    return { index: indexOf(low), term: this.findTerm(indexOf(low)) ?? termOf(0) };
  }

  /**
   * Whether a log that ends at (lastIndex, lastTerm) is at least as complete as this one: the
   * later last term wins, and only within one term the longer log (thesis 3.6.1).
   */
  isAtMost(lastIndex: Index, lastTerm: Term): boolean {
    if (lastTerm !== this.#last.term) return lastTerm > this.#last.term;
    return lastIndex >= this.#last.index;
  }
}
