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

/** The state of a partition as a follower gets it. One call at a time. */
export interface SnapshotReader {
  readonly checkpoint: RecoveredCheckpoint;
  /**
   * The next rows, in ascending order of their keys and at most some hundred kilobytes or one
   * row; none at the end.
   *
   * @throws FencepostError DATA_DAMAGED if the rows are not what was written, which stops the
   *   store; DISK_FAILED if the reader or the store was closed
   */
  read(): Promise<readonly KeyAndValue[]>;
  close(): Promise<void>;
}

/**
 * A snapshot that comes in. One call at a time, and none after `install` or `abort`. What a
 * process leaves here when it ends is deleted by the next one.
 */
export interface SnapshotStage {
  /**
   * Keeps rows, in the order in which a `SnapshotReader` reads them.
   *
   * @throws FencepostError DATA_DAMAGED if the keys do not ascend, DISK_FULL, DISK_FAILED
   */
  add(rows: readonly KeyAndValue[]): Promise<void>;
  /**
   * Replaces the state of the partition by the rows that were added, and its log by an empty one
   * behind `checkpoint`. Resolves when that is durable. A crash before leaves either what was, or
   * what is to be. From the call to its end no entries of the partition may be appended; votes
   * may. A checkpoint of what was that is asked for meanwhile is not written.
   *
   * @throws FencepostError DISK_FULL, DISK_FAILED
   */
  install(checkpoint: RecoveredCheckpoint): Promise<void>;
  /** Forgets the rows. Does nothing after `install`. */
  abort(): Promise<void>;
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
  /** For each partition, the last index of its log when the file was last written. */
  readonly floors: ReadonlyMap<number, Index>;
  /** Addresses of the cluster's nodes by node id, as last known; none while it is alone. */
  readonly peers: ReadonlyMap<number, string>;
  /** Where peers reach this node; empty while it is alone. */
  readonly peerAddress: string;
}

/**
 * `on-loop`: write and fdatasync block the event loop, without a thread hop. `asynchronous`:
 * through the thread pool, several turns in flight. `auto`: on the loop while syncs are quick.
 */
export type StoreMode = 'auto' | 'on-loop' | 'asynchronous';

/** What is left of a damaged data folder. */
export interface SetAside {
  /** Where its log and its state are now. */
  readonly folder: string;
  /** Who the node was, as far as that can be read; undefined if it cannot, and nothing moved. */
  readonly identity: Identity | undefined;
}

export interface CreateIdentity {
  readonly clusterId: string;
  readonly nodeId: number;
  /** 1 if left out. */
  readonly incarnation?: number;
  readonly peers?: ReadonlyMap<number, string>;
  readonly peerAddress?: string;
}

export interface StoreOptions {
  readonly folder: string;
  /** Who the node is on the first open; a random cluster and node 1 if left out. */
  readonly create?: CreateIdentity;
  readonly mode?: StoreMode;
  /**
   * Called once, with DISK_FAILED or DISK_FULL, or with DATA_DAMAGED if a snapshot could not be
   * read; no append is acknowledged afterwards.
   */
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
