import { crc32c } from '../base/crc32c.ts';
import { FencepostError } from '../base/errors.ts';
import { hex } from './record-decoder.ts';

/*
 * A segment file, little endian: a header of 64 bytes, then records, then zeros.
 *
 *    0  8 bytes  magic "FENCELOG"
 *    8  u32      format version
 *   12  u32      sequence number
 *   16  16 bytes cluster id
 *   32  u32      node id
 *   36  u32      incarnation
 *   40  u32      CRC of the last record of the segment before (the chain)
 *   44  u32      offset at which that segment ended
 *   48  12 bytes zero
 *   60  u32      CRC-32C of the 60 bytes before
 */

export const segmentHeaderBytes = 64;
/** Rises whenever an older program could no longer read what this one writes. */
export const formatVersion = 2;

const magic = Buffer.from('FENCELOG', 'latin1');

export interface SegmentHeader {
  readonly sequence: number;
  readonly clusterId: string;
  readonly nodeId: number;
  readonly incarnation: number;
  readonly previousCrc: number;
  readonly previousEnd: number;
}

export interface ReadHeader extends SegmentHeader {
  readonly kind: 'header';
  readonly formatVersion: number;
  readonly crc: number;
}

export interface BrokenHeader {
  readonly kind: 'broken';
  readonly expected: string;
  readonly found: string;
}

export function encodeHeader(header: SegmentHeader): Buffer {
  const bytes = Buffer.alloc(segmentHeaderBytes);
  magic.copy(bytes);
  bytes.writeUInt32LE(formatVersion, 8);
  bytes.writeUInt32LE(header.sequence, 12);
  bytes.write(header.clusterId, 16, 16, 'hex');
  bytes.writeUInt32LE(header.nodeId, 32);
  bytes.writeUInt32LE(header.incarnation, 36);
  bytes.writeUInt32LE(header.previousCrc, 40);
  bytes.writeUInt32LE(header.previousEnd, 44);
  bytes.writeUInt32LE(crc32c(bytes, 0, 60), 60);
  return bytes;
}

/** The header of the segment file `bytes`. */
export function readHeader(bytes: Buffer): ReadHeader | BrokenHeader {
  const expected = `a segment header of ${segmentHeaderBytes} bytes`;
  if (bytes.length < segmentHeaderBytes) {
    return { kind: 'broken', expected, found: `${bytes.length} bytes and the file's end` };
  }
  if (!bytes.subarray(0, 8).equals(magic)) {
    return { kind: 'broken', expected, found: 'another first eight bytes' };
  }
  const crc = bytes.readUInt32LE(60);
  const computed = crc32c(bytes, 0, 60);
  if (crc !== computed) {
    const found = `bytes with CRC ${hex(computed)}`;
    return { kind: 'broken', expected: `${expected} with CRC ${hex(crc)}`, found };
  }
  return {
    kind: 'header',
    formatVersion: bytes.readUInt32LE(8),
    sequence: bytes.readUInt32LE(12),
    clusterId: bytes.toString('hex', 16, 32),
    nodeId: bytes.readUInt32LE(32),
    incarnation: bytes.readUInt32LE(36),
    previousCrc: bytes.readUInt32LE(40),
    previousEnd: bytes.readUInt32LE(44),
    crc,
  };
}

/**
 * Seeds the CRC of every record. It comes from a random number that no client knows, so that the
 * value of a lock cannot be made to look like a record.
 */
export function segmentSalt(clusterId: string, sequence: number): number {
  const bytes = Buffer.alloc(20);
  bytes.write(clusterId, 0, 16, 'hex');
  bytes.writeUInt32LE(sequence, 16);
  return crc32c(bytes);
}

export function segmentFileName(sequence: number): string {
  return `${String(sequence).padStart(12, '0')}.log`;
}

/** The sequence number in a segment's file name; undefined for every other file. */
export function findSequence(fileName: string): number | undefined {
  return /^\d{12}\.log$/.test(fileName) ? Number.parseInt(fileName, 10) : undefined;
}

/** @throws FencepostError DATA_FORMAT unless this version can read what is in the file */
export function checkFormat(path: string, found: number): void {
  if (found === formatVersion) return;
  const what = `${path} has format ${found}, this version reads format ${formatVersion}`;
  throw new FencepostError('DATA_FORMAT', what);
}
