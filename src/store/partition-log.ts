import type { Entry, HardState, Index, Term } from '../raft/types.ts';
import { indexOf, termOf } from '../raft/types.ts';
import type { LoggedAppend, LogRestart, PartitionOpening } from './record-encoder.ts';

/** What the state says about a partition, as far as the log must agree with it. */
export interface CheckpointMark {
  readonly index: Index;
  readonly term: Term;
  /** Rises with every snapshot that was installed; 0 before the first. */
  readonly generation: number;
}

const noCheckpoint: CheckpointMark = { index: indexOf(0), term: termOf(0), generation: 0 };

/**
 * One partition's part of the log while segments are read in order. `apply…` return what is
 * wrong as a sentence and change nothing then; undefined if the record fits.
 *
 * An installed snapshot replaces the log: first the state becomes the snapshot's, of a new
 * generation, then the log restarts behind it under that generation. So a state of a later
 * generation than the log is an install that a crash cut short: the state counts, and the whole
 * log up to here is void. A state that is ahead of the log in any other way is damage.
 */
export class PartitionLog {
  readonly partition: number;
  readonly checkpoint: CheckpointMark;
  hardState: HardState | undefined;
  lastIndex: Index = indexOf(0);
  lastTerm: Term = termOf(0);
  generation = 0;
  /** The entries after the checkpoint, with payloads of their own. */
  readonly entries: Entry[] = [];
  /** The term of the entry at the checkpoint's index, if the log still holds it. */
  #termAtCheckpoint: Term | undefined;

  constructor(partition: number, checkpoint: CheckpointMark | undefined) {
    this.partition = partition;
    this.checkpoint = checkpoint ?? noCheckpoint;
  }

  /** The state holds a snapshot behind which the log did not restart yet. */
  get isVoid(): boolean {
    return this.checkpoint.generation > this.generation;
  }

  /** The first segment's opening is where the log begins; each later one repeats what is known. */
  applyOpening(opening: PartitionOpening, first: boolean): string | undefined {
    const known = `the log so far ends at index ${this.lastIndex} of term ${this.lastTerm}`;
    if (!first && !this.#continues(opening)) {
      return `an opening at index ${opening.lastIndex} of term ${opening.lastTerm}; ${known}`;
    }
    if (this.hardState !== undefined && (opening.hardState?.term ?? 0) < this.hardState.term) {
      return `an opening in term ${opening.hardState?.term ?? 0} after term ${this.hardState.term}`;
    }
    const { lastIndex: index, lastTerm: term, generation } = opening;
    if (generation === this.generation) {
      this.lastIndex = index;
      this.lastTerm = term;
    } else {
      this.#restart({ index, term, generation });
    }
    this.hardState = opening.hardState;
    return undefined;
  }

  applyAppend(append: LoggedAppend): string | undefined {
    const { entries, hardState, restart } = append;
    if (restart !== undefined) {
      if (restart.generation <= this.generation) {
        return `generation ${restart.generation} of the log after ${this.generation}`;
      }
      this.#restart(restart);
    }
    const first = entries[0];
    if (first !== undefined) {
      const problem = this.#checkEntries(entries, first);
      if (problem !== undefined) return problem;
      this.#truncate(first.index);
      for (const entry of entries) this.#push(entry);
    }
    if (hardState !== undefined) this.hardState = hardState;
    return undefined;
  }

  /** What the log as a whole lacks, once all of it is read. */
  checkComplete(): string | undefined {
    const { index, term, generation } = this.checkpoint;
    const place = `partition ${this.partition}`;
    if (this.isVoid) return undefined;
    if (generation < this.generation) {
      const lost = `the log follows a snapshot of generation ${this.generation}`;
      return `${place}: ${lost}, but the state is of generation ${generation}`;
    }
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

  /** Repeats what is known, or was written by a repair, which goes on behind the state. */
  #continues(opening: PartitionOpening): boolean {
    const { lastIndex, lastTerm, generation } = opening;
    if (generation !== this.generation) {
      return generation > this.generation && generation <= this.checkpoint.generation;
    }
    const same = lastIndex === this.lastIndex && lastTerm === this.lastTerm;
    return same || (lastIndex > this.lastIndex && lastIndex <= this.checkpoint.index);
  }

  #restart({ index, term, generation }: LogRestart): void {
    this.generation = generation;
    this.lastIndex = index;
    this.lastTerm = term;
    this.entries.length = 0;
    this.#termAtCheckpoint = index === this.checkpoint.index ? term : undefined;
  }

  #checkEntries(entries: readonly Entry[], first: Entry): string | undefined {
    if (first.index < 1 || first.index > this.lastIndex + 1) {
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
