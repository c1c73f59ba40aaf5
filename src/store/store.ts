import path from 'node:path';
import { AssertionError, assert } from '../base/assert.ts';
import type { FencepostError } from '../base/errors.ts';
import { limits } from '../base/limits.ts';
import type { Index } from '../raft/types.ts';
import { dropBallast, maybeAddBallast } from './ballast.ts';
import { diskError, nodeDisk } from './disk.ts';
import { folders } from './examine.ts';
import { FloorClock } from './floor-clock.ts';
import { type IdentityRecord, identityOf, readIdentity } from './identity.ts';
import { IdentityFile } from './identity-file.ts';
import { openLevelState } from './level-state.ts';
import { LogWriter } from './log-writer.ts';
import { nodeTimers } from './node-timers.ts';
import { PartitionTail } from './partition-tail.ts';
import type { Disk, OpenState, StoreTimers } from './platform.ts';
import { type LoggedAppend, RecordEncoder } from './record-encoder.ts';
import { type Recovery, recover } from './recover.ts';
import { recoverPartitions, tailsOf } from './recovered-partitions.ts';
import { segmentFileName } from './segment.ts';
import { SegmentList } from './segment-list.ts';
import { SegmentSupply } from './segment-supply.ts';
import { setAside } from './set-aside.ts';
import type { State } from './state.ts';
import { StateWriter } from './state-writer.ts';
import type {
  Append,
  Checkpoint,
  Identity,
  RecoveredPartition,
  SetAside,
  SnapshotReader,
  SnapshotStage,
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
  /** What the disk held when it was opened, by partition, until `forgetRecovered`. */
  readonly recovered: Map<number, RecoveredPartition>;
  readonly #options: Defaulted;
  readonly #state: State;
  /** What the identity file said when it was opened. */
  readonly #record: IdentityRecord;
  readonly #tails: Map<number, PartitionTail>;
  readonly #segments: SegmentList;
  readonly #encoder = new RecordEncoder();
  readonly #supply: SegmentSupply;
  readonly #writer: LogWriter;
  readonly #identityFile: IdentityFile | undefined;
  readonly #clock: FloorClock;
  readonly #states: StateWriter;
  /** Rejections of those who wait for an append that a failure takes away. */
  readonly #waiting = new Set<(failure: FencepostError) => void>();
  #identity: Identity;
  #ballast: Promise<void> = Promise.resolve();
  #failure: FencepostError | undefined;
  #closed: Promise<void> | undefined;

  /**
   * Who the node of a data folder is; undefined if the folder has no identity file. The folder
   * need not be whole, and may be open.
   *
   * @throws FencepostError DATA_DAMAGED if the file cannot be read, DATA_FORMAT
   */
  static findIdentity(folder: string, disk: Disk = nodeDisk): Identity | undefined {
    const read = readIdentity(disk, folders.identity(folder));
    return read === undefined ? undefined : identityOf(read.record);
  }

  /**
   * Moves what is in a damaged folder to a folder `damaged-N` inside it, so that the node can
   * begin anew as a later incarnation. Until `open` is called with `create` and an incarnation
   * above the one returned, the folder stays damaged, whenever the process ends. To be called
   * after `open` failed with DATA_DAMAGED: then no other process has it open.
   *
   * @throws FencepostError DISK_FULL, DISK_FAILED
   */
  static setAside(folder: string, disk: Disk = nodeDisk): SetAside {
    return setAside({ disk, folder });
  }

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
      if (options.readOnly !== true) await store.#begin(recovery);
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
    this.#identity = identityOf(record);
    this.recovered = recoverPartitions(recovery);
    this.#options = options;
    this.#state = recovery.state;
    this.#record = record;
    this.#tails = tailsOf(recovery);
    this.#segments = new SegmentList(segments);
    const segmentBytes = options.segmentBytes ?? limits.segmentBytes;
    const logFolder = folders.log(folder);
    this.#supply = new SegmentSupply({ disk, folder: logFolder, segmentBytes, log: options.log });
    const readOnly = options.readOnly === true;
    const path = folders.identity(folder);
    this.#identityFile = readOnly ? undefined : new IdentityFile(disk, path, generation);
    this.#clock = new FloorClock(timers, () => this.saveFloor());
    this.#states = new StateWriter({
      state: recovery.state,
      restart: (tail) => this.#restart([tail]),
      onCheckpoint: () => this.#release(),
      fail: (error, what) => this.#fail(error, what),
      failure: () => this.#failure,
    });
    this.#writer = new LogWriter({
      disk,
      timers,
      supply: this.#supply,
      mode: options.mode ?? 'auto',
      identity: record,
      current: readOnly || end.segment === 0 ? undefined : this.#supply.reopen(end.segment),
      end,
      openings: () => [...this.#tails.values()].map((tail) => tail.opening()),
      onRoll: (sequence) => this.#rolled(sequence),
      onFailure: (error) => this.#fail(error, `writing the log in ${logFolder}`),
    });
  }

  get identity(): Identity {
    return this.#identity;
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
    return this.#segments.pinning((partition, last) => this.#tailOf(partition).needs(last));
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
    this.#assertOpen();
    this.#log(appends, onDurable);
  }

  /**
   * Writes the state of a partition as of a durable index, in one atomic synced batch, and then
   * unlinks the segments that no partition needs. One after the other if called more often.
   *
   * @throws FencepostError DISK_FULL, DISK_FAILED
   */
  checkpoint(checkpoint: Checkpoint): Promise<void> {
    this.#assertOpen();
    return this.#states.checkpoint(this.#tailOf(checkpoint.partition), checkpoint);
  }

  /**
   * Opens the last checkpoint of a partition for reading. Checkpoints and snapshots that are
   * written meanwhile do not disturb it. Undefined if there is none yet.
   *
   * @throws FencepostError DISK_FULL, DISK_FAILED
   */
  openSnapshot(partition: number): Promise<SnapshotReader | undefined> {
    this.#assertOpen();
    return this.#states.openSnapshot(this.#tailOf(partition));
  }

  /**
   * Begins to keep a snapshot beside the state of the partition (thesis 5.3). Several may be
   * staged at a time; they are installed in the order in which they were begun, or not at all.
   */
  stageSnapshot(partition: number): Promise<SnapshotStage> {
    this.#assertOpen();
    return Promise.resolve(this.#states.stageSnapshot(this.#tailOf(partition)));
  }

  /**
   * Notes who the other nodes are, and where they reach this one. Durable when it resolves.
   *
   * @throws FencepostError DISK_FULL, DISK_FAILED
   */
  setPeers(known: ReadonlyMap<number, string>, address?: string): Promise<void> {
    this.#assertOpen();
    const peerAddress = address ?? this.#identity.peerAddress;
    this.#identity = { ...this.#identity, peers: new Map(known), peerAddress };
    const saved = this.#states.inTurn('writing the identity file', () => this.#saveIdentity());
    // Whoever does not wait hears of a failure through `onFailure`.
    saved.catch(() => undefined);
    return saved;
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

  /** The partitions have what they need of `recovered`: the log's entries may leave memory. */
  forgetRecovered(): void {
    this.recovered.clear();
  }

  /** Waits for what is under way, writes the exact floor, and unlocks the folder. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  /** The log has a first segment, and the floor is at what was recovered. */
  async #begin({ state, examination }: Recovery): Promise<void> {
    const { disk, folder, log } = this.#options;
    const { floor } = this.#record;
    if (examination.log.end.segment === 0) {
      this.#encoder.encodeAppends([]);
      this.#writer.makeRoom(this.#encoder.length);
      this.#writer.append(this.#encoder, () => undefined);
      await this.#writer.drain();
      if (this.#failure !== undefined) throw this.#failure;
    }
    const dead = await state.findDead(examination.checkpoints);
    // Installs that a crash cut short.
    const behind = [...this.#tails.values()].filter(
      (tail) => tail.generation < (tail.checkpoint?.generation ?? 0),
    );
    if (behind.length > 0) await this.#restart(behind);
    const { segment, offset } = this.#writer.durable;
    if (segment !== floor.segment || offset !== floor.offset) {
      // Both slots: either one alone then knows the log as it is.
      this.#identityFile?.saveSync(this.#identityRecord());
      this.#identityFile?.saveSync(this.#identityRecord());
    }
    const bytes = this.#options.ballastBytes ?? ballastBytesDefault;
    this.#states.drop(dead);
    this.#ballast = maybeAddBallast(disk, folder, bytes, log);
  }

  #tailOf(partition: number): PartitionTail {
    const known = this.#tails.get(partition);
    if (known !== undefined) return known;
    const created = new PartitionTail(partition);
    this.#tails.set(partition, created);
    return created;
  }

  #log(appends: readonly LoggedAppend[], onDurable: () => void): void {
    if (this.#failure !== undefined) return;
    this.#encoder.encodeAppends(appends);
    this.#writer.makeRoom(this.#encoder.length);
    const marks = appends.map((append) => {
      const tail = this.#tailOf(append.partition);
      tail.apply(append);
      if (append.entries.length > 0) this.#segments.note(append.partition, tail.lastIndex);
      return tail.mark();
    });
    this.#writer.append(this.#encoder, () => {
      for (const mark of marks) mark.tail.noteDurable(mark);
      this.#clock.touch();
      onDurable();
    });
  }

  /** Lets the log go on behind the checkpoints of partitions, whatever it holds. */
  #restart(tails: readonly PartitionTail[]): Promise<void> {
    const appends = tails.flatMap(({ partition, checkpoint }) => {
      return checkpoint === undefined ? [] : [{ partition, entries: [], restart: checkpoint }];
    });
    return new Promise((resolve, reject) => {
      // Nothing is logged any more, and nobody would be told.
      if (this.#failure !== undefined) return reject(this.#failure);
      this.#waiting.add(reject);
      this.#log(appends, () => {
        this.#waiting.delete(reject);
        resolve();
      });
    });
  }

  /** After a checkpoint: unlinks the segments that nobody needs any more. */
  async #release(): Promise<void> {
    const keep = this.#writer.durable.segment;
    const needs = (partition: number, last: Index): boolean => this.#tailOf(partition).needs(last);
    const released = this.#segments.release(keep, needs);
    await this.#saveIdentity();
    for (const file of released) this.#options.disk.unlinkSync(file);
  }

  /** Both slots, so that neither names a segment that is gone, or an older checkpoint. */
  async #saveIdentity(): Promise<void> {
    await this.#identityFile?.save(() => this.#identityRecord());
    await this.#identityFile?.save(() => this.#identityRecord());
  }

  #assertOpen(): void {
    assert(this.#closed === undefined, 'nothing is written to a closed store');
    assert(this.#identityFile !== undefined, 'nothing is written to a store opened to look');
  }

  #identityRecord(): IdentityRecord {
    const partitions = [...this.#tails.values()].map((tail) => {
      const floor = { index: tail.reachedIndex, checkpoint: tail.checkpointIndex };
      return [tail.partition, floor] as const;
    });
    const floor = this.#writer.durable;
    const firstSegment = this.#segments.first;
    const { peers, peerAddress } = this.#identity;
    const reached = { firstSegment, floor, partitions: new Map(partitions) };
    return { ...this.#record, ...reached, peers, peerAddress };
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
    for (const reject of this.#waiting) reject(failure);
    this.#waiting.clear();
    this.#options.onFailure(failure);
    return failure;
  }

  async #close(): Promise<void> {
    this.#clock.stop();
    await this.#states.close();
    await this.#writer.drain();
    await this.#supply.close();
    await this.#ballast;
    if (this.#identityFile !== undefined) {
      await this.saveFloor();
      await this.saveFloor();
      this.#writer.close();
      await this.#identityFile.close();
    }
    await this.#state.close();
  }
}
