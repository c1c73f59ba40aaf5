import type { FencepostError } from '../base/errors.ts';
import type { Entry, HardState, Index, Term } from '../raft/types.ts';
import type { Disk, OpenState, StoreTimers } from './platform.ts';

/**
 * What the node and its store exchange. A node has one store: one log and one state for all of
 * its partitions (DESIGN.md 7).
 */

/**
 * What one turn adds to the log of one partition. `entries` are consecutive. A first entry at or
 * below the last index replaces that suffix, as AppendEntries does (thesis 3.5).
 */
export interface Append {
  readonly partition: number;
  readonly hardState?: HardState;
  readonly entries: readonly Entry[];
}

/** The state of a partition after entry `index`. Each key stands at most once in `changes`. */
export interface Checkpoint {
  readonly partition: number;
  readonly index: Index;
  readonly term: Term;
  readonly timeMs: number;
  /** Opaque to the store: token counter, configuration, state hash. */
  readonly meta: Buffer;
  /** Keys changed since the checkpoint before, with their value; `undefined` deletes. */
  readonly changes: Iterable<readonly [Buffer, Buffer | undefined]>;
}

export interface RecoveredCheckpoint {
  readonly index: Index;
  readonly term: Term;
  readonly timeMs: number;
  readonly meta: Buffer;
}

export type KeyAndValue = readonly [Buffer, Buffer];

export interface RecoveredPartition {
  readonly partition: number;
  readonly hardState: HardState | undefined;
  readonly checkpoint: RecoveredCheckpoint | undefined;
  /** The entries after the checkpoint. */
  readonly entries: readonly Entry[];
  /**
   * The rows of the checkpoint, in batches. To be read before the next checkpoint of the
   * partition. Throws DATA_DAMAGED at a damaged row, and at the end if rows are missing.
   */
  state(): AsyncIterable<readonly KeyAndValue[]>;
}

/** Who this node is, for ever, and how far its log has reached for certain. */
export interface Identity {
  /** 32 hexadecimal digits. */
  readonly clusterId: string;
  readonly nodeId: number;
  /** Rises whenever the node lost something it may have acknowledged. */
  readonly incarnation: number;
  readonly formatVersion: number;
  /** How often a repair cut entries off; each time tokens must jump ahead (DESIGN.md 3). */
  readonly cuts: number;
  /** For each partition, the index that its log had reached when the file was last written. */
  readonly floors: ReadonlyMap<number, Index>;
}

/**
 * `on-loop`: write and fdatasync block the event loop, without a thread hop. `asynchronous`:
 * through the thread pool, several turns in flight. `auto`: on the loop while syncs are quick.
 */
export type StoreMode = 'auto' | 'on-loop' | 'asynchronous';

export interface StoreOptions {
  readonly folder: string;
  /** Who the node is on the first open; a random cluster and node 1 if left out. */
  readonly create?: { readonly clusterId: string; readonly nodeId: number };
  readonly mode?: StoreMode;
  /** Called once, with DISK_FAILED or DISK_FULL; no append is acknowledged afterwards. */
  readonly onFailure: (error: FencepostError) => void;
  readonly log?: (message: string, details: object) => void;
  readonly segmentBytes?: number;
  /** Looks without changing log or identity; `append` and `checkpoint` are then broken calls. */
  readonly readOnly?: boolean;
  /** Bytes kept to be freed when the disk is full. */
  readonly ballastBytes?: number;
  /** The machine below; tests put faults here, and a simulator its own. */
  readonly disk?: Disk;
  readonly openState?: OpenState;
  readonly timers?: StoreTimers;
}
