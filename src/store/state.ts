import { assert } from '../base/assert.ts';
import { ByteReader } from '../base/byte-reader.ts';
import { ByteWriter } from '../base/byte-writer.ts';
import { crc32c } from '../base/crc32c.ts';
import { FencepostError } from '../base/errors.ts';
import { limits } from '../base/limits.ts';
import { indexOf, termOf } from '../raft/types.ts';
import { openLevelState } from './level-state.ts';
import type { OpenState, RowRange, StateBackend, StateBatch } from './platform.ts';
import { RowDigest } from './row-digest.ts';
import type { Checkpoint, KeyAndValue, RecoveredCheckpoint } from './store-port.ts';

/*
 * The state folder, a LevelDB database. Rows:
 *
 *   "m" partition(u16 big endian)       what the checkpoint is: index, term, T, meta, row digest
 *   "s" partition(u16 big endian) key   CRC-32C of key and value, then the value
 *
 * LevelDB opens "OK" with a hole or empty after some kinds of damage, and does not check its
 * block CRCs here. So each row has a CRC of its own, and the meta row has a digest of all rows.
 */

const metaMark = 0x6d;
const rowMark = 0x73;
const rowsPerRead = 1000;
/** Old rows fetched at a time: at most this many values of `valueBytesMax` are in memory. */
const rowsPerLookup = 64;
const partitionMax = 0xffff;

export interface StoredCheckpoint extends RecoveredCheckpoint {
  readonly digest: RowDigest;
}

export class State {
  readonly #folder: string;
  readonly #backend: StateBackend;

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
    const range = { gte: Buffer.from([metaMark]), lt: Buffer.from([metaMark + 1]) };
    const rows = await this.#all(range);
    for (const [key, value] of rows) {
      const partition = key.readUInt16BE(1);
      const checkpoint = decodeMeta(key, value);
      if (checkpoint === undefined) {
        const where = `${this.#folder}, the checkpoint of partition ${partition}`;
        throw damaged(where, 'a row with a right CRC', 'another CRC');
      }
      found.set(partition, checkpoint);
    }
    return found;
  }

  /** The rows of `checkpoint`, each checked, and at the end all of them together. */
  async *rows(partition: number, checkpoint: StoredCheckpoint): AsyncGenerator<KeyAndValue[]> {
    const range = { gte: rowKey(partition, empty), lt: rowKeyEnd(partition) };
    const iterator = this.#backend.iterate(range);
    const digest = new RowDigest();
    const where = `${this.#folder}, partition ${partition} at index ${checkpoint.index}`;
    const read = (): Promise<readonly KeyAndValue[]> => {
      const rows = this.#read(() => iterator.next(rowsPerRead));
      // A reader that stops early never asks for these.
      rows.catch(() => undefined);
      return rows;
    };
    try {
      // The next rows are read while the caller works on these.
      for (let next = read(); ; ) {
        const rows = await next;
        if (rows.length === 0) break;
        next = read();
        yield rows.map(([key, value]) => {
          const crc = rowCrc(key, value);
          if (crc === undefined) {
            const found = `row ${key.subarray(3).toString('latin1')} with another`;
            throw damaged(where, 'rows with a right CRC', found);
          }
          digest.add(crc);
          return [key.subarray(3), value.subarray(4)] as const;
        });
      }
    } finally {
      await iterator.close();
    }
    if (!digest.equals(checkpoint.digest)) {
      throw damaged(where, checkpoint.digest.describe(), digest.describe());
    }
  }

  /**
   * Writes `checkpoint` in one atomic synced batch, some keys a turn of the event loop.
   *
   * @returns the digest of the rows it leaves, `known` being that of the checkpoint before
   */
  async write(checkpoint: Checkpoint, known: RowDigest | undefined): Promise<RowDigest> {
    const digest = known?.copy() ?? new RowDigest();
    const seen = new Set<string>();
    const batch = this.#backend.batch();
    let slice: Change[] = [];
    for (const [key, value] of checkpoint.changes) {
      const name = key.toString('latin1');
      assert(!seen.has(name), 'a key stands at most once in the changes of a checkpoint');
      seen.add(name);
      slice.push({ key: rowKey(checkpoint.partition, key), value });
      if (slice.length < limits.checkpointKeysPerTurn) continue;
      await this.#add(batch, slice, digest);
      slice = [];
    }
    await this.#add(batch, slice, digest);
    batch.put(metaKey(checkpoint.partition), encodeMeta(checkpoint, digest));
    await batch.write();
    return digest;
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

  async #all(range: RowRange): Promise<KeyAndValue[]> {
    const iterator = this.#backend.iterate(range);
    const found: KeyAndValue[] = [];
    try {
      for (;;) {
        const rows = await this.#read(() => iterator.next(rowsPerRead));
        if (rows.length === 0) return found;
        found.push(...rows);
      }
    } finally {
      await iterator.close();
    }
  }

  async #read<Result>(read: () => Promise<Result>): Promise<Result> {
    try {
      return await read();
    } catch (error) {
      throw readError(error, this.#folder);
    }
  }
}

interface Change {
  readonly key: Buffer;
  readonly value: Buffer | undefined;
}

const empty = Buffer.alloc(0);

function metaKey(partition: number): Buffer {
  return prefixed(metaMark, partition, empty);
}

function rowKey(partition: number, key: Buffer): Buffer {
  return prefixed(rowMark, partition, key);
}

/** Behind the last row of the partition. */
function rowKeyEnd(partition: number): Buffer {
  return partition === partitionMax ? Buffer.from([rowMark + 1]) : rowKey(partition + 1, empty);
}

function prefixed(mark: number, partition: number, key: Buffer): Buffer {
  assert(partition >= 0 && partition <= partitionMax, 'a partition number fits two bytes');
  const bytes = Buffer.allocUnsafe(3 + key.length);
  bytes[0] = mark;
  bytes.writeUInt16BE(partition, 1);
  bytes.set(key, 3);
  return bytes;
}

function encodeRow(key: Buffer, value: Buffer, digest: RowDigest): Buffer {
  const row = Buffer.allocUnsafe(4 + value.length);
  row.set(value, 4);
  const crc = crc32c(row, 4, row.length, crc32c(key));
  row.writeUInt32LE(crc, 0);
  digest.add(crc);
  return row;
}

function rowCrc(key: Buffer, row: Buffer): number | undefined {
  if (row.length < 4) return undefined;
  const crc = row.readUInt32LE(0);
  return crc === crc32c(row, 4, row.length, crc32c(key)) ? crc : undefined;
}

function encodeMeta(checkpoint: Checkpoint, digest: RowDigest): Buffer {
  const writer = new ByteWriter();
  writer.varint(checkpoint.index);
  writer.varint(checkpoint.term);
  writer.varint(checkpoint.timeMs);
  digest.write(writer);
  writer.bytes(checkpoint.meta);
  return encodeRow(metaKey(checkpoint.partition), writer.take(), new RowDigest());
}

function decodeMeta(key: Buffer, row: Buffer): StoredCheckpoint | undefined {
  if (rowCrc(key, row) === undefined) return undefined;
  const reader = new ByteReader(row, 4);
  const index = indexOf(reader.varint());
  const term = termOf(reader.varint());
  const timeMs = reader.varint();
  const digest = RowDigest.read(reader);
  return { index, term, timeMs, digest, meta: Buffer.from(row.subarray(reader.offset)) };
}

function damaged(where: string, expected: string, found: string): FencepostError {
  return new FencepostError('DATA_DAMAGED', `${where}: expected ${expected}, found ${found}`);
}

function readError(error: unknown, folder: string): FencepostError {
  const reason = error instanceof Error ? error.message : String(error);
  const what = `${folder}: expected readable tables, found: ${reason}`;
  return new FencepostError('DATA_DAMAGED', what, error);
}
