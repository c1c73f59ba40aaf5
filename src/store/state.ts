import { assert } from '../base/assert.ts';
import { limits } from '../base/limits.ts';
import { openLevelState } from './level-state.ts';
import type { OpenState, StateBackend, StateBatch } from './platform.ts';
import { RowDigest } from './row-digest.ts';
import { damaged, RowReader, unreadable } from './row-reader.ts';
import { StagedRows } from './staged-rows.ts';
import {
  decodeMeta,
  encodeMeta,
  encodeRow,
  type Generation,
  generationOfRow,
  metaKey,
  metaRange,
  partitionOfMeta,
  rowKey,
  rowPrefixBytes,
  rowsFrom,
  rowsOf,
  type StoredCheckpoint,
} from './state-rows.ts';
import type { Checkpoint, KeyAndValue, RecoveredCheckpoint } from './store-port.ts';

const metasPerRead = 1000;
/** Old rows fetched at a time: at most this many values of `valueBytesMax` are in memory. */
const rowsPerLookup = 64;

/** The checkpoints of all partitions, in one database. */
export class State {
  readonly #folder: string;
  readonly #backend: StateBackend;
  /** By partition, the highest generation that ever had rows; a number is not used again. */
  readonly #generations = new Map<number, number>();

  private constructor(folder: string, backend: StateBackend) {
    this.#folder = folder;
    this.#backend = backend;
  }

  /**
   * Opens the database and with it locks the data folder against other processes.
   *
   * @throws FencepostError DATA_FOLDER_IN_USE, DATA_FOLDER_UNUSABLE, DATA_DAMAGED
   */
  static async open(folder: string, open: OpenState = openLevelState): Promise<State> {
    return new State(folder, await open(folder));
  }

  /** The checkpoints by partition. */
  async checkpoints(): Promise<Map<number, StoredCheckpoint>> {
    const found = new Map<number, StoredCheckpoint>();
    const iterator = this.#backend.iterate(metaRange);
    try {
      for (;;) {
        const rows = await this.#read(() => iterator.next(metasPerRead));
        if (rows.length === 0) return found;
        for (const [key, value] of rows) {
          const partition = partitionOfMeta(key);
          const checkpoint = decodeMeta(key, value);
          if (checkpoint === undefined) {
            const where = `${this.#folder}, the checkpoint of partition ${partition}`;
            throw damaged(where, 'a row with a right CRC', 'another CRC');
          }
          found.set(partition, checkpoint);
        }
      }
    } finally {
      await iterator.close();
    }
  }

  /** Reads the rows as they are at this call; what is written later does not disturb it. */
  openRows(partition: number, checkpoint: StoredCheckpoint): RowReader {
    const { generation, digest, index } = checkpoint;
    const iterator = this.#backend.iterate(rowsOf({ partition, generation }));
    const where = `${this.#folder}, partition ${partition} at index ${index}`;
    return new RowReader({ iterator, digest, prefixBytes: rowPrefixBytes, where });
  }

  /** The rows of `checkpoint`, each checked, and at the end all of them together. */
  async *rows(
    partition: number,
    checkpoint: StoredCheckpoint,
  ): AsyncGenerator<readonly KeyAndValue[]> {
    const reader = this.openRows(partition, checkpoint);
    try {
      for (let rows = await reader.read(); rows.length > 0; rows = await reader.read()) yield rows;
    } finally {
      await reader.close();
    }
  }

  /**
   * Writes `checkpoint` in one atomic synced batch, some keys a turn of the event loop.
   *
   * @param known the checkpoint before, whose rows it changes
   * @returns what is in the state then
   */
  async write(
    checkpoint: Checkpoint,
    known: StoredCheckpoint | undefined,
  ): Promise<StoredCheckpoint> {
    const { partition, index, term, timeMs, meta } = checkpoint;
    const digest = known?.digest.copy() ?? new RowDigest();
    const generation = known?.generation ?? 0;
    const seen = new Set<string>();
    const batch = this.#backend.batch();
    let slice: Change[] = [];
    for (const [key, value] of checkpoint.changes) {
      const name = key.toString('latin1');
      assert(!seen.has(name), 'a key stands at most once in the changes of a checkpoint');
      seen.add(name);
      slice.push({ key: rowKey({ partition, generation }, key), value });
      if (slice.length < limits.checkpointKeysPerTurn) continue;
      await this.#add(batch, slice, digest);
      slice = [];
    }
    await this.#add(batch, slice, digest);
    const stored = { index, term, timeMs, meta, generation, digest };
    batch.put(metaKey(partition), encodeMeta(partition, stored));
    await batch.write();
    return stored;
  }

  /**
   * Notes which rows are there.
   *
   * @returns the generations that no checkpoint names, which a crash left behind
   */
  async findDead(checkpoints: ReadonlyMap<number, StoredCheckpoint>): Promise<Generation[]> {
    const dead: Generation[] = [];
    for (let before: Generation | undefined; ; ) {
      const iterator = this.#backend.iterate(rowsFrom(before));
      const [row] = await this.#read(() => iterator.next(1)).finally(() => iterator.close());
      if (row === undefined) return dead;
      const { partition, generation } = generationOfRow(row[0]);
      this.#generations.set(partition, generation);
      if (checkpoints.get(partition)?.generation !== generation) {
        dead.push({ partition, generation });
      }
      before = { partition, generation };
    }
  }

  /** A new, empty generation of rows, beside the one that counts. */
  stage(partition: number, live: StoredCheckpoint | undefined): StagedRows {
    const generation = Math.max(this.#generations.get(partition) ?? 0, live?.generation ?? 0) + 1;
    this.#generations.set(partition, generation);
    return new StagedRows(this.#backend, { partition, generation });
  }

  /** Makes staged rows the ones that count, in one atomic synced batch. */
  async install(staged: StagedRows, checkpoint: RecoveredCheckpoint): Promise<StoredCheckpoint> {
    const { digest } = staged;
    const { partition, generation } = staged.of;
    const { index, term, timeMs, meta } = checkpoint;
    const stored = { index, term, timeMs, meta, generation, digest };
    const batch = this.#backend.batch();
    batch.put(metaKey(partition), encodeMeta(partition, stored));
    await batch.write();
    return stored;
  }

  /** Deletes rows that do not count. */
  async clear(dead: Generation): Promise<void> {
    await this.#backend.clear(rowsOf(dead));
  }

  async close(): Promise<void> {
    await this.#backend.close();
  }

  async #add(batch: StateBatch, changes: readonly Change[], digest: RowDigest): Promise<void> {
    for (let at = 0; at < changes.length; at += rowsPerLookup) {
      const part = changes.slice(at, at + rowsPerLookup);
      const before = await this.#backend.getMany(part.map((change) => change.key));
      for (const value of before) if (value !== undefined) digest.remove(value.readUInt32LE(0));
      for (const { key, value } of part) {
        if (value === undefined) batch.delete(key);
        else batch.put(key, encodeRow(key, value, digest));
      }
    }
  }

  async #read<Result>(read: () => Promise<Result>): Promise<Result> {
    try {
      return await read();
    } catch (error) {
      throw unreadable(this.#folder, error);
    }
  }
}

interface Change {
  readonly key: Buffer;
  readonly value: Buffer | undefined;
}
