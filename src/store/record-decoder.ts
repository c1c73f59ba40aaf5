import { ByteReader } from '../base/byte-reader.ts';
import { crc32c } from '../base/crc32c.ts';
import { FencepostError } from '../base/errors.ts';
import { type Entry, type HardState, indexOf, replicaIdOf, termOf } from '../raft/types.ts';
import type { LogPosition } from './log-position.ts';
import {
  appendFlags,
  bodyKinds,
  entryKinds,
  type LoggedAppend,
  type LogRestart,
  type PartitionOpening,
  recordHeadBytes,
  recordMagic,
} from './record-encoder.ts';

/** A record whose bytes are what was written: magic, place, length and CRC are right. */
export interface RecordHead {
  readonly kind: 'record';
  readonly position: LogPosition;
  readonly length: number;
  readonly crc: number;
  readonly previousCrc: number;
  readonly durable: LogPosition;
}

export interface BrokenRecord {
  readonly kind: 'broken';
  readonly expected: string;
  readonly found: string;
}

export type RecordBody =
  | { readonly kind: 'opening'; readonly partitions: readonly PartitionOpening[] }
  | { readonly kind: 'appends'; readonly appends: readonly LoggedAppend[] };

/** The record at `position` of the segment whose whole file is `bytes`. */
export function readRecord(
  bytes: Buffer,
  position: LogPosition,
  salt: number,
): RecordHead | BrokenRecord {
  const { segment, offset } = position;
  const left = bytes.length - offset;
  if (left < recordHeadBytes) {
    return broken(`a record head of ${recordHeadBytes} bytes`, `${left} bytes and the file's end`);
  }
  const magic = bytes.readUInt32LE(offset);
  if (magic !== recordMagic) return broken('the mark of a record', `the bytes ${hex(magic)}`);
  if (bytes.readUInt32LE(offset + 16) !== segment || bytes.readUInt32LE(offset + 20) !== offset) {
    return broken('a record that names its own place', 'another place');
  }
  const length = recordHeadBytes + bytes.readUInt32LE(offset + 8);
  if (length > left) {
    return broken(`a record of ${length} bytes`, `${left} bytes and the file's end`);
  }
  const crc = bytes.readUInt32LE(offset + 4);
  const computed = crc32c(bytes, offset + 8, offset + length, salt);
  if (crc !== computed) {
    return broken(`a record with CRC ${hex(crc)}`, `bytes with CRC ${hex(computed)}`);
  }
  return {
    kind: 'record',
    position,
    length,
    crc,
    previousCrc: bytes.readUInt32LE(offset + 12),
    durable: {
      segment: bytes.readUInt32LE(offset + 24),
      offset: bytes.readUInt32LE(offset + 28),
    },
  };
}

/**
 * The body of a record that `readRecord` found whole. Payloads are views of `bytes`.
 *
 * @throws FencepostError DATA_DAMAGED if the body does not parse
 */
export function readBody(bytes: Buffer, head: RecordHead): RecordBody {
  const { offset } = head.position;
  const body = bytes.subarray(offset + recordHeadBytes, offset + head.length);
  const reader = new ByteReader(body);
  const kind = reader.varint();
  const count = reader.varint();
  if (kind === bodyKinds.opening) {
    const partitions: PartitionOpening[] = [];
    for (let at = 0; at < count; at += 1) partitions.push(readOpening(reader));
    return { kind: 'opening', partitions };
  }
  if (kind !== bodyKinds.appends) throw malformed(`a body of unknown kind ${kind}`);
  const appends: LoggedAppend[] = [];
  for (let at = 0; at < count; at += 1) appends.push(readAppend(reader));
  if (!reader.done) throw malformed('bytes after the last append of a record');
  return { kind: 'appends', appends };
}

function readOpening(reader: ByteReader): PartitionOpening {
  const partition = reader.varint();
  const { hardState } = readState(reader);
  const lastIndex = indexOf(reader.varint());
  const lastTerm = termOf(reader.varint());
  return { partition, hardState, lastIndex, lastTerm, generation: reader.varint() };
}

function readAppend(reader: ByteReader): LoggedAppend {
  const partition = reader.varint();
  const state = readState(reader);
  const count = reader.varint();
  const entries: Entry[] = [];
  const first = count === 0 ? 0 : reader.varint();
  for (let at = 0; at < count; at += 1) entries.push(readEntry(reader, first + at));
  return { partition, ...state, entries };
}

function readEntry(reader: ByteReader, index: number): Entry {
  const term = termOf(reader.varint());
  const timeMs = reader.varint();
  const kind = entryKinds[reader.varint()];
  if (kind === undefined) throw malformed('an entry of unknown kind');
  return { index: indexOf(index), term, timeMs, kind, payload: reader.bytes(reader.varint()) };
}

/** A vote and a restart of the log, each only if the record has it. */
function readState(reader: ByteReader): {
  readonly hardState?: HardState;
  readonly restart?: LogRestart;
} {
  const flags = reader.varint();
  const voted = (flags & appendFlags.hardState) !== 0;
  const hardState = voted ? { hardState: readHardState(reader) } : {};
  const restart = (flags & appendFlags.restart) !== 0 ? { restart: readRestart(reader) } : {};
  return { ...hardState, ...restart };
}

function readHardState(reader: ByteReader): HardState {
  const term = termOf(reader.varint());
  return { term, votedFor: replicaIdOf(reader.varint()) };
}

function readRestart(reader: ByteReader): LogRestart {
  const generation = reader.varint();
  const index = indexOf(reader.varint());
  return { generation, index, term: termOf(reader.varint()) };
}

function malformed(found: string): FencepostError {
  return new FencepostError('DATA_DAMAGED', found);
}

function broken(expected: string, found: string): BrokenRecord {
  return { kind: 'broken', expected, found };
}

export function hex(value: number): string {
  return value.toString(16).padStart(8, '0');
}
