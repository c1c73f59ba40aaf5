import { assert } from '../base/assert.ts';
import { type HardState, type Index, indexOf, type Term, termOf } from '../raft/types.ts';
import type { PartitionOpening } from './record-encoder.ts';
import type { RowDigest } from './row-digest.ts';
import type { Append } from './store-port.ts';

/** Where the log and the state of one partition stand while the store is open. */
export class PartitionTail {
  readonly partition: number;
  hardState: HardState | undefined;
  lastIndex: Index = indexOf(0);
  lastTerm: Term = termOf(0);
  /** The last index as of the last turn that is durable. */
  durableIndex: Index = indexOf(0);
  checkpointIndex: Index = indexOf(0);
  digest: RowDigest | undefined;
  /** Bytes of entries appended so far, and at the time of the last checkpoint. */
  bytes = 0;
  checkpointBytes = 0;

  constructor(partition: number) {
    this.partition = partition;
  }

  apply(append: Append): void {
    const { entries, hardState } = append;
    if (hardState !== undefined) {
      assert(hardState.term >= (this.hardState?.term ?? 0), 'the term of a replica never falls');
      this.hardState = hardState;
    }
    const first = entries[0];
    if (first === undefined) return;
    const next = Math.max(this.lastIndex, this.checkpointIndex) + 1;
    assert(first.index <= next, 'entries leave no gap behind the log');
    assert(first.index > this.checkpointIndex, 'entries in a checkpoint are never replaced');
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
    const { partition, hardState, lastIndex, lastTerm } = this;
    return { partition, hardState, lastIndex, lastTerm };
  }
}

/** About what an entry takes in a record besides its payload. */
const entryOverheadBytes = 12;
