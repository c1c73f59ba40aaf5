import { assert } from '../base/assert.ts';
import { limits } from '../base/limits.ts';
import { syncFolder, writeAll, writeAllSync } from './disk.ts';
import type { LogEnd, LogPosition } from './log-position.ts';
import type { Disk, StoreTimers } from './platform.ts';
import { type PartitionOpening, RecordEncoder } from './record-encoder.ts';
import { encodeHeader, segmentHeaderBytes, segmentSalt } from './segment.ts';
import type { OpenSegment, SegmentSupply } from './segment-supply.ts';
import type { StoreMode } from './store-port.ts';
import { SyncPace } from './sync-pace.ts';

export interface LogWriterOptions {
  readonly disk: Disk;
  readonly timers: StoreTimers;
  readonly supply: SegmentSupply;
  readonly mode: StoreMode;
  readonly identity: {
    readonly clusterId: string;
    readonly nodeId: number;
    readonly incarnation: number;
  };
  /** Where the log goes on; undefined: it is empty. */
  readonly current: OpenSegment | undefined;
  readonly end: LogEnd;
  /** Where each partition stands, without the append that is being written. */
  readonly openings: () => readonly PartitionOpening[];
  /** The log begins a new segment. */
  readonly onRoll: (sequence: number) => void;
  readonly onFailure: (error: unknown) => void;
}

/** A write that is not durable yet. */
interface Turn {
  readonly segment: OpenSegment;
  readonly bytes: Buffer;
  readonly position: number;
  readonly end: LogEnd;
  readonly onDurable: () => void;
  written: boolean;
}

const nothing = (): void => undefined;

/**
 * Puts records at the end of the log and tells when they are durable: at once on the event loop,
 * or later, in order, with several writes in flight at places that are fixed beforehand. One
 * sync covers every write that had finished when it began. After the first failure nothing is
 * written or reported durable any more, and no sync is tried again: the kernel may have dropped
 * the pages that it could not write.
 */
export class LogWriter {
  readonly #options: LogWriterOptions;
  readonly #pace: SyncPace;
  readonly #opening = new RecordEncoder();
  #current: OpenSegment | undefined;
  #salt = 0;
  #end: LogEnd;
  #durable: LogEnd;
  #turns: Turn[] = [];
  /** How many of the turns, from the first on, were handed to the disk. */
  #issued = 0;
  #syncing = false;
  #onLoop = false;
  #rolled = false;
  #startMs = 0;
  #failed = false;
  /** Calls that the thread pool has not answered: their files must stay open. */
  #calls = 0;
  #drained: (() => void) | undefined;

  constructor(options: LogWriterOptions) {
    this.#options = options;
    this.#pace = new SyncPace(options.mode);
    this.#end = options.end;
    this.#durable = options.end;
    this.#current = options.current;
    if (options.current === undefined) return;
    this.#salt = segmentSalt(options.identity.clusterId, options.current.sequence);
  }

  get durable(): LogEnd {
    return this.#durable;
  }

  /** Turns that are not durable yet. */
  get waiting(): number {
    return this.#turns.length;
  }

  get failed(): boolean {
    return this.#failed;
  }

  /** The segment that the next record goes to. */
  get segment(): number {
    return this.#end.segment;
  }

  /**
   * Begins a new segment if a record of `bytes` does not fit the current one. Before every
   * `append`, and before the partitions take that append in: the opening must not know it.
   */
  makeRoom(bytes: number): void {
    if (this.#failed) return;
    this.#startMs = this.#options.timers.nowMs();
    this.#onLoop = this.#pace.onLoop(this.#turns.length, this.#startMs);
    this.#rolled = false;
    try {
      const current = this.#current;
      const fits = current !== undefined && this.#end.offset + bytes <= current.capacityBytes;
      if (!fits) this.#roll(bytes);
    } catch (error) {
      this.#fail(error);
    }
  }

  /**
   * Writes the record whose body `record` holds, and calls `onDurable` when it is durable. If
   * the turn is done on the loop, that is before this call returns.
   */
  append(record: RecordEncoder, onDurable: () => void): void {
    const segment = this.#current;
    if (this.#failed || segment === undefined) return;
    try {
      const { offset } = this.#end;
      const bytes = this.#seal(record, { segment: segment.sequence, offset });
      this.#options.supply.maybePrepare(segment, this.#end.offset);
      if (!this.#onLoop) {
        this.#enqueue(segment, { bytes, offset, onDurable });
        return;
      }
      writeAllSync(this.#options.disk, segment.file, bytes, offset);
      this.#syncNow(segment);
      this.#durable = this.#end;
    } catch (error) {
      this.#fail(error);
      return;
    }
    // A roll takes longer by far, and says nothing about the next turn.
    if (!this.#rolled) {
      const nowMs = this.#options.timers.nowMs();
      this.#pace.measured(nowMs - this.#startMs, nowMs);
    }
    onDurable();
  }

  /** Resolves when every turn is durable or never will be, and the thread pool is done. */
  async drain(): Promise<void> {
    if (this.#idle) return;
    await new Promise<void>((resolve) => {
      this.#drained = resolve;
    });
  }

  close(): void {
    const files = new Set(this.#turns.map((turn) => turn.segment.file));
    if (this.#current !== undefined) files.add(this.#current.file);
    for (const file of files) this.#options.disk.closeSync(file);
  }

  get #idle(): boolean {
    return this.#calls === 0 && (this.#turns.length === 0 || this.#failed);
  }

  /** Wraps the callback of a call of the disk: no success is passed on after a failure. */
  #call(then: () => void): (error: Error | null) => void {
    this.#calls += 1;
    return (error) => {
      this.#calls -= 1;
      if (error) this.#fail(error);
      if (!this.#failed) then();
      if (this.#idle) this.#drained?.();
    };
  }

  /** Begins a segment with room for its opening and a record of `bytes`. */
  #roll(bytes: number): void {
    const { disk, supply, openings, identity } = this.#options;
    const current = this.#current;
    const sequence = this.#end.segment + 1;
    this.#opening.encodeOpening(openings());
    const next = supply.take(sequence, segmentHeaderBytes + this.#opening.length + bytes);
    const { crc: previousCrc, offset: previousEnd } = this.#end;
    const header = encodeHeader({ ...identity, sequence, previousCrc, previousEnd });
    this.#salt = segmentSalt(identity.clusterId, sequence);
    this.#end = { ...this.#end, crc: header.readUInt32LE(60) };
    const place = { segment: sequence, offset: segmentHeaderBytes };
    const start = Buffer.concat([header, this.#seal(this.#opening, place)]);
    this.#current = next;
    this.#rolled = true;
    const used = this.#turns.some((turn) => turn.segment === current);
    if (current !== undefined && !used) disk.closeSync(current.file);
    if (this.#onLoop) writeAllSync(disk, next.file, start, 0);
    else this.#enqueue(next, { bytes: start, offset: 0, onDurable: nothing });
    this.#options.onRoll(sequence);
  }

  /** Moves the end of the log behind the record. */
  #seal(record: RecordEncoder, position: LogPosition): Buffer {
    const previousCrc = this.#end.crc;
    const bytes = record.seal({ position, previousCrc, durable: this.#durable, salt: this.#salt });
    const offset = position.offset + bytes.length;
    this.#end = { segment: position.segment, offset, crc: bytes.readUInt32LE(4) };
    return bytes;
  }

  #syncNow(segment: OpenSegment): void {
    const { disk, supply } = this.#options;
    disk.fdatasyncSync(segment.file);
    if (segment.folderSynced) return;
    syncFolder(disk, supply.folder);
    segment.folderSynced = true;
  }

  #enqueue(
    segment: OpenSegment,
    turn: {
      readonly bytes: Buffer;
      readonly offset: number;
      readonly onDurable: () => void;
    },
  ): void {
    const { offset: position, onDurable } = turn;
    // A copy: the encoder's buffer takes the next turn while this one is being written.
    const bytes = Buffer.from(turn.bytes);
    const end = this.#end;
    this.#turns.push({ segment, bytes, position, end, onDurable, written: false });
    this.#issue();
  }

  #issue(): void {
    while (this.#issued < this.#turns.length && this.#issued < limits.turnsInFlightMax) {
      const turn = this.#turns[this.#issued];
      assert(turn !== undefined, 'a turn that is not issued yet is in the queue');
      this.#issued += 1;
      const { bytes, position } = turn;
      const written = this.#call(() => {
        turn.written = true;
        this.#maybeSync();
      });
      writeAll(this.#options.disk, { file: turn.segment.file, bytes, position }, written);
    }
  }

  /** Syncs the writes that are done, up to the first that is not or is in another file. */
  #maybeSync(): void {
    const first = this.#turns[0];
    if (this.#syncing || this.#failed || first?.written !== true) return;
    const { segment } = first;
    let count = 1;
    while (this.#turns[count]?.written === true && this.#turns[count]?.segment === segment) {
      count += 1;
    }
    this.#syncing = true;
    const synced = this.#call(() => {
      this.#syncFolder(segment, () => {
        this.#syncing = false;
        this.#complete(count);
      });
    });
    this.#options.disk.fdatasync(segment.file, synced);
  }

  #syncFolder(segment: OpenSegment, done: () => void): void {
    if (segment.folderSynced) return done();
    const { disk, supply } = this.#options;
    let folder: number;
    try {
      folder = disk.openSync(supply.folder, 'r');
    } catch (error) {
      return this.#fail(error);
    }
    const synced = this.#call(() => {
      segment.folderSynced = true;
      done();
    });
    disk.fsync(folder, (error) => {
      disk.closeSync(folder);
      synced(error);
    });
  }

  #complete(count: number): void {
    // The turns stay in the queue until all their callbacks ran: an append from inside one must
    // not overtake the others on the loop.
    for (const turn of this.#turns.slice(0, count)) {
      this.#durable = turn.end;
      turn.onDurable();
    }
    const done = this.#turns.splice(0, count).at(-1);
    this.#issued -= count;
    const next = this.#turns[0]?.segment ?? this.#current;
    if (done !== undefined && done.segment !== next) {
      this.#options.disk.closeSync(done.segment.file);
    }
    this.#issue();
    this.#maybeSync();
  }

  #fail(error: unknown): void {
    if (this.#failed) return;
    this.#failed = true;
    this.#options.onFailure(error);
  }
}
