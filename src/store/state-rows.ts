import { assert } from '../base/assert.ts';
import { ByteReader } from '../base/byte-reader.ts';
import { ByteWriter } from '../base/byte-writer.ts';
import { crc32c } from '../base/crc32c.ts';
import { indexOf, termOf } from '../raft/types.ts';
import type { RowRange } from './platform.ts';
import { RowDigest } from './row-digest.ts';
import { findRowCrc } from './row-reader.ts';
import type { RecoveredCheckpoint } from './store-port.ts';

/*
 * The rows of the state:
 *
 *   "m" partition(u16)                      what the checkpoint is: index, term, T, generation,
 *                                           row digest, meta
 *   "s" partition(u16) generation(u32) key  CRC-32C of key and value, then the value
 *
 * Numbers in keys are big endian, so that they sort. Rows of a generation that the meta row does
 * not name are on their way in or out, and nobody reads them.
 *
 * LevelDB opens "OK" with a hole or empty after some kinds of damage, and does not check its
 * block CRCs here. So each row has a CRC of its own, and the meta row has a digest of all rows.
 */

const metaMark = 0x6d;
const rowMark = 0x73;
const metaKeyBytes = 3;
export const rowPrefixBytes = 7;

/** One set of rows of a partition: there is another for each snapshot that is installed. */
export interface Generation {
  readonly partition: number;
  readonly generation: number;
}

/** A checkpoint as it is in the state. */
export interface StoredCheckpoint extends RecoveredCheckpoint {
  readonly generation: number;
  readonly digest: RowDigest;
}

export const metaRange: RowRange = {
  gte: Buffer.from([metaMark]),
  lt: Buffer.from([metaMark + 1]),
};

export function metaKey(partition: number): Buffer {
  return prefix(metaMark, { partition, generation: 0 }).subarray(0, metaKeyBytes);
}

export function partitionOfMeta(key: Buffer): number {
  return key.readUInt16BE(1);
}

export function rowKey(of: Generation, key: Buffer): Buffer {
  return Buffer.concat([prefix(rowMark, of), key]);
}

export function rowsOf(of: Generation): RowRange {
  return { gte: prefix(rowMark, of), lt: rowsFrom(of).gte };
}

/** All rows behind those of a generation; of undefined: all there are. */
export function rowsFrom(before: Generation | undefined): RowRange {
  const lt = Buffer.from([rowMark + 1]);
  if (before === undefined) return { gte: Buffer.from([rowMark]), lt };
  const gte = prefix(rowMark, before);
  // The next number of so many bytes; behind the last one come no rows at all.
  for (let at = rowPrefixBytes - 1; at > 0; at -= 1) {
    const byte = gte.readUInt8(at);
    gte.writeUInt8((byte + 1) & 0xff, at);
    if (byte < 0xff) return { gte, lt };
  }
  return { gte: lt, lt };
}

export function generationOfRow(key: Buffer): Generation {
  return { partition: key.readUInt16BE(1), generation: key.readUInt32BE(3) };
}

/** The row of `value`, which is added to `digest`. */
export function encodeRow(key: Buffer, value: Buffer, digest: RowDigest): Buffer {
  const row = Buffer.allocUnsafe(4 + value.length);
  row.set(value, 4);
  const crc = crc32c(row, 4, row.length, crc32c(key));
  row.writeUInt32LE(crc, 0);
  digest.add(crc);
  return row;
}

export function encodeMeta(partition: number, checkpoint: StoredCheckpoint): Buffer {
  const writer = new ByteWriter();
  writer.varint(checkpoint.index);
  writer.varint(checkpoint.term);
  writer.varint(checkpoint.timeMs);
  writer.varint(checkpoint.generation);
  checkpoint.digest.write(writer);
  writer.bytes(checkpoint.meta);
  return encodeRow(metaKey(partition), writer.take(), new RowDigest());
}

export function decodeMeta(key: Buffer, row: Buffer): StoredCheckpoint | undefined {
  if (findRowCrc(key, row) === undefined) return undefined;
  const reader = new ByteReader(row, 4);
  const index = indexOf(reader.varint());
  const term = termOf(reader.varint());
  const timeMs = reader.varint();
  const generation = reader.varint();
  const digest = RowDigest.read(reader);
  const meta = Buffer.from(row.subarray(reader.offset));
  return { index, term, timeMs, generation, digest, meta };
}

function prefix(mark: number, { partition, generation }: Generation): Buffer {
  assert(partition >= 0 && partition <= 0xffff, 'a partition number fits two bytes');
  assert(generation >= 0 && generation <= 0xffffffff, 'a generation fits four bytes');
  const bytes = Buffer.allocUnsafe(rowPrefixBytes);
  bytes.writeUInt8(mark, 0);
  bytes.writeUInt16BE(partition, 1);
  bytes.writeUInt32BE(generation, 3);
  return bytes;
}
