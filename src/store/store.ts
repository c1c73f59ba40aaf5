import path from 'node:path';
import { AssertionError, assert } from '../base/assert.ts';
import type { FencepostError } from '../base/errors.ts';
import { limits } from '../base/limits.ts';
import { type Index, indexOf } from '../raft/types.ts';
import { dropBallast, maybeAddBallast } from './ballast.ts';
import { diskError, nodeDisk } from './disk.ts';
import { folders } from './examine.ts';
import { FloorClock } from './floor-clock.ts';
import type { IdentityRecord } from './identity.ts';
import { IdentityFile } from './identity-file.ts';
import { openLevelState } from './level-state.ts';
import { LogWriter } from './log-writer.ts';
import { nodeTimers } from './node-timers.ts';
import { PartitionTail } from './partition-tail.ts';
import type { Disk, OpenState, StoreTimers } from './platform.ts';
import { RecordEncoder } from './record-encoder.ts';
import { type Recovery, recover } from './recover.ts';
import { recoverPartitions, tailsOf } from './recovered-partitions.ts';
import { formatVersion, segmentFileName } from './segment.ts';
import { SegmentList } from './segment-list.ts';
import { SegmentSupply } from './segment-supply.ts';
import type {
  Append,
  Checkpoint,
  Identity,
  RecoveredPartition,
  StoreOptions,
} from './store-port.ts';

const ballastBytesDefault = 8 * 1024 * 1024;

type Defaulted = StoreOptions & {
  readonly disk: Disk;
  readonly openState: OpenState;
  readonly timers: StoreTimers;
  readonly log: (message: string, details: object) => void;
};

/** The disk of one node: the log and the state of its partitions, and who the node is. */
export class Store {
  readonly identity: Identity;
  readonly recovered: ReadonlyMap<number, RecoveredPartition>;
  readonly #options: Defaulted;
  readonly #recovery: Recovery;
  readonly #tails: Map<number, PartitionTail>;
  readonly #segments: SegmentList;
  readonly #record = new RecordEncoder();
  readonly #supply: SegmentSupply;
  readonly #writer: LogWriter;
  readonly #identityFile: IdentityFile | undefined;
  readonly #clock: FloorClock;
  #checkpoints: Promise<void> = Promise.resolve();
  #ballast: Promise<void> = Promise.resolve();
  #failure: FencepostError | undefined;
  #closed: Promise<void> | undefined;

  /**
   * Opens the data folder, creating it if need be, and reads the log. What `recovered` holds
   * is on disk, and is everything that was ever reported durable.
   *
   * @throws FencepostError DATA_FOLDER_IN_USE, DATA_FOLDER_UNUSABLE, DATA_DAMAGED, DATA_FORMAT,
   *   DISK_FULL, DISK_FAILED
   */
  static async open(options: StoreOptions): Promise<Store> {
    const below = { disk: nodeDisk, openState: openLevelState, timers: nodeTimers };
    const defaulted = { ...below, log: () => undefined, ...options };
    try {
      return await Store.#open(defaulted);
    } catch (error) {
      if (error instanceof AssertionError) throw error;
      const failure = diskError(error, `opening ${options.folder}`);
      if (failure.code === 'DISK_FULL') dropBallast(defaulted.disk, options.folder);
      throw failure;
    }
  }

  static async #open(options: Defaulted): Promise<Store> {
    const recovery = await recover(options);
    try {
      const store = new Store(options, recovery);
      if (options.readOnly !== true) await store.#begin();
      return store;
    } catch (error) {
      await recovery.state.close();
      throw error;
    }
  }

  private constructor(options: Defaulted, recovery: Recovery) {
    const { disk, timers, folder } = options;
    const { record, generation } = recovery.identity;
    const { segments, end } = recovery.examination.log;
    const floors = [...record.partitions].map(([id, floor]) => [id, floor.index] as const);
    const { clusterId, nodeId, incarnation, cuts } = record;
    const identity = { clusterId, nodeId, incarnation };
    this.identity = { ...identity, cuts, formatVersion, floors: new Map(floors) };
    this.recovered = recoverPartitions(recovery);
    this.#options = options;
    this.#recovery = recovery;
    this.#tails = tailsOf(recovery);
    this.#segments = new SegmentList(segments);
    const segmentBytes = options.segmentBytes ?? limits.segmentBytes;
    const logFolder = folders.log(folder);
    this.#supply = new SegmentSupply({ disk, folder: logFolder, segmentBytes, log: options.log });
    const readOnly = options.readOnly === true;
    const path = folders.identity(folder);
    this.#identityFile = readOnly ? undefined : new IdentityFile(disk, path, generation);
    this.#clock = new FloorClock(timers, () => this.saveFloor());
    this.#writer = new LogWriter({
      disk,
      timers,
      supply: this.#supply,
      mode: options.mode ?? 'auto',
      identity,
      current: readOnly || end.segment === 0 ? undefined : this.#supply.reopen(end.segment),
      end,
      openings: () => [...this.#tails.values()].map((tail) => tail.opening()),
      onRoll: (sequence) => this.#rolled(sequence),
      onFailure: (error) => this.#fail(error, `writing the log in ${logFolder}`),
    });
  }

  /** Turns that are not durable yet; a node holds back at `limits.turnsInFlightMax`. */
  get turnsInFlight(): number {
    return this.#writer.waiting;
  }

  get segmentCount(): number {
    return this.#segments.count;
  }

  /** The partitions whose checkpoints are all that keeps the oldest segment. */
  get pinningPartitions(): readonly number[] {
    return this.#segments.pinning((partition) => this.#checkpointOf(partition));
  }

  /** About how many bytes of log the partition would replay. */
  logBytesSinceCheckpoint(partition: number): number {
    const tail = this.#tails.get(partition);
    return tail === undefined ? 0 : tail.bytes - tail.checkpointBytes;
  }

  /**
   * Adds one turn of all partitions to the log: one write, one sync. `onDurable` is called once
   * it is on disk, in the order of the calls; on the loop before this returns, and never after a
   * failure.
   */
  append(appends: readonly Append[], onDurable: () => void): void {
    assert(this.#closed === undefined, 'nothing is appended to a closed store');
    assert(this.#identityFile !== undefined, 'nothing is appended to a store opened to look');
    if (this.#failure !== undefined) return;
    this.#record.encodeAppends(appends);
    this.#writer.makeRoom(this.#record.length);
    const marks = appends.map((append) => {
      const tail = this.#tailOf(append.partition);
      tail.apply(append);
      if (append.entries.length > 0) this.#segments.note(append.partition, tail.lastIndex);
      return { tail, index: tail.lastIndex };
    });
    this.#writer.append(this.#record, () => {
      for (const { tail, index } of marks) tail.durableIndex = index;
      this.#clock.touch();
      onDurable();
    });
  }

  /**
   * Writes the state of a partition as of a durable index, in one atomic synced batch, and then
   * unlinks the segments that no partition needs. One after the other if called more often.
   *
   * @throws FencepostError DISK_FULL, DISK_FAILED
   */
  checkpoint(checkpoint: Checkpoint): Promise<void> {
    const tail = this.#tailOf(checkpoint.partition);
    assert(this.#closed === undefined, 'no checkpoint is written to a closed store');
    assert(this.#identityFile !== undefined, 'no checkpoint is written by a look');
    assert(checkpoint.index <= tail.durableIndex, 'a checkpoint is not ahead of the durable log');
    assert(checkpoint.index >= tail.checkpointIndex, 'checkpoints never go back');
    const { bytes } = tail;
    const written = this.#checkpoints.then(() => this.#writeCheckpoint(checkpoint, tail, bytes));
    // Its own caller hears of a failure; the next checkpoint finds `#failure`.
    this.#checkpoints = written.catch(() => undefined);
    return written;
  }

  /** Writes the durable floor now; failures go to `onFailure`. */
  async saveFloor(): Promise<void> {
    if (this.#failure !== undefined) return;
    try {
      await this.#identityFile?.save(() => this.#identityRecord());
    } catch (error) {
      this.#fail(error, 'writing the identity file');
    }
  }

  /** Waits for what is under way, writes the exact floor, and unlocks the folder. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  /** The log has a first segment, and the floor is at what was recovered. */
  async #begin(): Promise<void> {
    const { disk, folder, log } = this.#options;
    const { floor } = this.#recovery.identity.record;
    if (this.#recovery.examination.log.end.segment === 0) {
      this.#record.encodeAppends([]);
      this.#writer.makeRoom(this.#record.length);
      this.#writer.append(this.#record, () => undefined);
      await this.#writer.drain();
      if (this.#failure !== undefined) throw this.#failure;
    }
    const { segment, offset } = this.#writer.durable;
    if (segment !== floor.segment || offset !== floor.offset) {
      // Both slots: either one alone then knows the log as it is.
      this.#identityFile?.saveSync(this.#identityRecord());
      this.#identityFile?.saveSync(this.#identityRecord());
    }
    const bytes = this.#options.ballastBytes ?? ballastBytesDefault;
    this.#ballast = maybeAddBallast(disk, folder, bytes, log);
  }

  #tailOf(partition: number): PartitionTail {
    const known = this.#tails.get(partition);
    if (known !== undefined) return known;
    const created = new PartitionTail(partition);
    this.#tails.set(partition, created);
    return created;
  }

  #checkpointOf(partition: number): Index {
    return this.#tails.get(partition)?.checkpointIndex ?? indexOf(0);
  }

  async #writeCheckpoint(
    checkpoint: Checkpoint,
    tail: PartitionTail,
    bytes: number,
  ): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure;
    try {
      tail.digest = await this.#recovery.state.write(checkpoint, tail.digest);
      tail.checkpointIndex = checkpoint.index;
      tail.checkpointBytes = bytes;
      const keep = this.#writer.durable.segment;
      const released = this.#segments.release(keep, (partition) => this.#checkpointOf(partition));
      // Both slots, so that neither names a segment that is gone, or an older checkpoint.
      await this.#identityFile?.save(() => this.#identityRecord());
      await this.#identityFile?.save(() => this.#identityRecord());
      for (const file of released) this.#options.disk.unlinkSync(file);
    } catch (error) {
      if (error instanceof AssertionError) throw error;
      throw this.#fail(error, 'writing a checkpoint');
    }
  }

  #identityRecord(): IdentityRecord {
    const { record } = this.#recovery.identity;
    const partitions = [...this.#tails.values()].map((tail) => {
      const floor = { index: tail.durableIndex, checkpoint: tail.checkpointIndex };
      return [tail.partition, floor] as const;
    });
    const floor = this.#writer.durable;
    const firstSegment = this.#segments.first;
    return { ...record, firstSegment, floor, partitions: new Map(partitions) };
  }

  #rolled(sequence: number): void {
    const file = path.join(folders.log(this.#options.folder), segmentFileName(sequence));
    this.#segments.add(sequence, file);
    this.#clock.touch();
  }

  #fail(error: unknown, what: string): FencepostError {
    if (this.#failure !== undefined) return this.#failure;
    const failure = diskError(error, what);
    this.#failure = failure;
    this.#clock.stop();
    if (failure.code === 'DISK_FULL') {
      const freed = dropBallast(this.#options.disk, this.#options.folder);
      this.#options.log('the disk is full', { ballastFreed: freed });
    }
    this.#options.onFailure(failure);
    return failure;
  }

  async #close(): Promise<void> {
    this.#clock.stop();
    await this.#checkpoints;
    await this.#writer.drain();
    await this.#supply.close();
    await this.#ballast;
    if (this.#identityFile !== undefined) {
      await this.saveFloor();
      await this.saveFloor();
      this.#writer.close();
      await this.#identityFile.close();
    }
    await this.#recovery.state.close();
  }
}
