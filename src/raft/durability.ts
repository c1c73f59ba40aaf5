import { assert } from '../base/assert.ts';
import { type Index, indexOf, type Term } from './types.ts';

/** One output's entries on their way to the disk. */
interface PendingWrite {
  readonly lastIndex: Index;
  readonly lastTerm: Term;
  /** Up to here the log in memory still is what this write contains. */
  validThrough: Index;
}

/**
 * How much of the log in memory is on this replica's disk (thesis 10.2.1: a leader writes in
 * parallel with replicating, so memory runs ahead).
 *
 * An acknowledgement names the last entry of a write. That alone is not enough: an entry can be
 * written, cut by a new leader and written again, and the first acknowledgement would vouch for
 * the second write, which the disk may not have. So writes are remembered in their order, and a
 * cut shortens what each of them can prove.
 */
export class Durability {
  #durableIndex: Index;
  #firstUntaken: Index;
  readonly #pending: PendingWrite[] = [];

  /** @param lastIndex the end of the log that was recovered, synced and verified */
  constructor(lastIndex: Index) {
    this.#durableIndex = lastIndex;
    this.#firstUntaken = indexOf(lastIndex + 1);
  }

  /** The log in memory up to here is on disk. */
  get durableIndex(): Index {
    return this.#durableIndex;
  }

  /** The first index that was not handed out for writing yet. */
  get firstUntaken(): Index {
    return this.#firstUntaken;
  }

  /** The entries up to (lastIndex, lastTerm) were handed out for writing. */
  take(lastIndex: Index, lastTerm: Term): void {
    assert(lastIndex >= this.#firstUntaken, 'a write has entries');
    this.#firstUntaken = indexOf(lastIndex + 1);
    this.#pending.push({ lastIndex, lastTerm, validThrough: lastIndex });
  }

  /** The log in memory was cut from `index` on. */
  cutFrom(index: Index): void {
    const kept = indexOf(index - 1);
    if (this.#durableIndex > kept) this.#durableIndex = kept;
    if (this.#firstUntaken > index) this.#firstUntaken = index;
    for (const write of this.#pending) {
      if (write.validThrough > kept) write.validThrough = kept;
    }
  }

  /** A state up to `index` took the place of the log: no write of before says anything about it. */
  restart(index: Index): void {
    this.#durableIndex = index;
    this.#firstUntaken = indexOf(index + 1);
    this.#pending.length = 0;
  }

  /**
   * The disk has everything up to the write that ended with (index, term).
   *
   * @returns whether more of the log in memory is durable than before
   */
  acknowledge(index: Index, term: Term): boolean {
    const position = this.#pending.findIndex(
      (write) => write.lastIndex === index && write.lastTerm === term,
    );
    if (position === -1) return false;
    let durable = this.#durableIndex;
    for (let count = 0; count <= position; count += 1) {
      const write = this.#pending.shift();
      if (write !== undefined && write.validThrough > durable) durable = write.validThrough;
    }
    assert(durable < this.#firstUntaken, 'only what was handed out can be on disk');
    if (durable === this.#durableIndex) return false;
    this.#durableIndex = durable;
    return true;
  }
}
