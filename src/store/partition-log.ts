import type { Entry, HardState, Index, Term } from '../raft/types.ts';
import { indexOf, termOf } from '../raft/types.ts';
import type { PartitionOpening } from './record-encoder.ts';
import type { Append } from './store-port.ts';

/** What the state says about a partition, as far as the log must agree with it. */
export interface CheckpointMark {
  readonly index: Index;
  readonly term: Term;
}

/**
 * One partition's part of the log while segments are read in order. `apply…` return what is
 * wrong as a sentence and change nothing then; undefined if the record fits.
 */
export class PartitionLog {
  readonly partition: number;
  readonly checkpoint: CheckpointMark;
  hardState: HardState | undefined;
  lastIndex: Index = indexOf(0);
  lastTerm: Term = termOf(0);
  /** The entries after the checkpoint, with payloads of their own. */
  readonly entries: Entry[] = [];
  /** The term of the entry at the checkpoint's index, if the log still holds it. */
  #termAtCheckpoint: Term | undefined;

  constructor(partition: number, checkpoint: CheckpointMark | undefined) {
    this.partition = partition;
    this.checkpoint = checkpoint ?? { index: indexOf(0), term: termOf(0) };
  }

  /** The first segment's opening is where the log begins; each later one repeats what is known. */
  applyOpening(opening: PartitionOpening, first: boolean): string | undefined {
    const known = `the log so far ends at index ${this.lastIndex} of term ${this.lastTerm}`;
    const jumps = opening.lastIndex > this.lastIndex && opening.lastIndex <= this.checkpoint.index;
    const same = opening.lastIndex === this.lastIndex && opening.lastTerm === this.lastTerm;
    if (!first && !same && !jumps) {
      return `an opening at index ${opening.lastIndex} of term ${opening.lastTerm}; ${known}`;
    }
    if (this.hardState !== undefined && (opening.hardState?.term ?? 0) < this.hardState.term) {
      return `an opening in term ${opening.hardState?.term ?? 0} after term ${this.hardState.term}`;
    }
    this.lastIndex = opening.lastIndex;
    this.lastTerm = opening.lastTerm;
    this.hardState = opening.hardState;
    return undefined;
  }

  applyAppend(append: Append): string | undefined {
    const first = append.entries[0];
    if (first !== undefined) {
      const problem = this.#checkEntries(append.entries, first);
      if (problem !== undefined) return problem;
      this.#truncate(first.index);
      for (const entry of append.entries) this.#push(entry);
    }
    if (append.hardState !== undefined) this.hardState = append.hardState;
    return undefined;
  }

  /** What the log as a whole lacks, once all of it is read. */
  checkComplete(): string | undefined {
    const { index, term } = this.checkpoint;
    const place = `partition ${this.partition}`;
    if (this.lastIndex < index) {
      return `${place}: the state is at index ${index}, but the log ends at ${this.lastIndex}`;
    }
    const expected = this.lastIndex - index;
    if (this.entries.length !== expected) {
      const start = this.entries[0]?.index ?? indexOf(this.lastIndex + 1);
      return `${place}: entries ${index + 1} to ${start - 1} are missing`;
    }
    if (this.#termAtCheckpoint !== undefined && this.#termAtCheckpoint !== term) {
      const found = `the log has term ${this.#termAtCheckpoint}`;
      return `${place}: the state at index ${index} is of term ${term}, but ${found}`;
    }
    return undefined;
  }

  #checkEntries(entries: readonly Entry[], first: Entry): string | undefined {
    const next = Math.max(this.lastIndex, this.checkpoint.index) + 1;
    if (first.index < 1 || first.index > next) {
      return `entry ${first.index} where entry ${this.lastIndex + 1} was to follow`;
    }
    let term = first.index === this.lastIndex + 1 ? this.lastTerm : termOf(0);
    for (const entry of entries) {
      if (entry.term < term) return `entry ${entry.index} of term ${entry.term} after term ${term}`;
      term = entry.term;
    }
    return undefined;
  }

  #truncate(firstIndex: Index): void {
    const stored = this.entries[0];
    if (stored === undefined || firstIndex > this.lastIndex) return;
    this.entries.length = Math.min(this.entries.length, Math.max(0, firstIndex - stored.index));
  }

  #push(entry: Entry): void {
    this.lastIndex = entry.index;
    this.lastTerm = entry.term;
    if (entry.index === this.checkpoint.index) this.#termAtCheckpoint = entry.term;
    if (entry.index <= this.checkpoint.index) return;
    this.entries.push({ ...entry, payload: Buffer.from(entry.payload) });
  }
}
