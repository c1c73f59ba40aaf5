import { assert } from '../base/assert.ts';
import { type HardState, type Index, indexOf, type Term, termOf } from '../raft/types.ts';
import type { LoggedAppend, PartitionOpening } from './record-encoder.ts';
import type { StoredCheckpoint } from './state-rows.ts';

/** How far a partition comes with one turn. */
export interface TurnMark {
  readonly tail: PartitionTail;
  readonly index: Index;
  readonly cutCount: number;
}

/** Where the log and the state of one partition stand while the store is open. */
export class PartitionTail {
  readonly partition: number;
  hardState: HardState | undefined;
  lastIndex: Index = indexOf(0);
  lastTerm: Term = termOf(0);
  /** Of the state that the log continues; see `PartitionLog`. */
  generation = 0;
  /** The last index as of the last turn that is durable. */
  reachedIndex: Index = indexOf(0);
  checkpoint: StoredCheckpoint | undefined;
  /** A snapshot is about to replace the log and the state. */
  installing = false;
  /** Bytes of entries appended so far, and at the time of the last checkpoint. */
  bytes = 0;
  checkpointBytes = 0;
  /** Cuts of the log that are not durable yet go down to here; the count tells them apart. */
  #cutTo = Number.POSITIVE_INFINITY;
  #cutCount = 0;

  constructor(partition: number) {
    this.partition = partition;
  }

  /** Up to here the entries of the log as it is now are durable. */
  get durableIndex(): Index {
    return indexOf(Math.min(this.reachedIndex, this.#cutTo));
  }

  get checkpointIndex(): Index {
    return this.checkpoint?.index ?? indexOf(0);
  }

  apply(append: LoggedAppend): void {
    const { entries, hardState, restart } = append;
    if (hardState !== undefined) {
      assert(hardState.term >= (this.hardState?.term ?? 0), 'the term of a replica never falls');
      this.hardState = hardState;
    }
    if (restart !== undefined) {
      assert(restart.generation > this.generation, 'the generations of a log rise');
      this.#cut(restart.index);
      this.generation = restart.generation;
      this.lastIndex = restart.index;
      this.lastTerm = restart.term;
    }
    const first = entries[0];
    if (first === undefined) return;
    assert(!this.installing, 'no entries are appended while a snapshot is being installed');
    assert(first.index <= this.lastIndex + 1, 'entries leave no gap behind the log');
    assert(first.index > this.checkpointIndex, 'entries in a checkpoint are never replaced');
    if (first.index <= this.lastIndex) this.#cut(first.index - 1);
    let index = first.index - 1;
    for (const entry of entries) {
      index += 1;
      assert(entry.index === index, 'the entries of an append are consecutive');
      this.bytes += entry.payload.length + entryOverheadBytes;
      this.lastTerm = entry.term;
    }
    this.lastIndex = indexOf(index);
  }

  opening(): PartitionOpening {
    const { partition, hardState, lastIndex, lastTerm, generation } = this;
    return { partition, hardState, lastIndex, lastTerm, generation };
  }

  /** To be kept until the turn that was applied last is durable. */
  mark(): TurnMark {
    return { tail: this, index: this.lastIndex, cutCount: this.#cutCount };
  }

  noteDurable({ index, cutCount }: TurnMark): void {
    this.reachedIndex = index;
    if (cutCount === this.#cutCount) this.#cutTo = Number.POSITIVE_INFINITY;
  }

  /**
   * Whether a segment that held entries up to `last` when it was written is needed. Those behind
   * the end of the log were cut off; that is durable, since a checkpoint is not ahead of what is.
   */
  needs(last: Index): boolean {
    return this.checkpointIndex < Math.min(last, this.lastIndex);
  }

  #cut(index: number): void {
    this.#cutTo = Math.min(this.#cutTo, index);
    this.#cutCount += 1;
  }
}

/** About what an entry takes in a record besides its payload. */
const entryOverheadBytes = 12;
