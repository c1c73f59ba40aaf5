import { assert } from '../base/assert.ts';
import { crc32c } from '../base/crc32c.ts';
import type { EntryKind, HardState, Index, Term } from '../raft/types.ts';
import type { LogPosition } from './log-position.ts';
import type { Append } from './store-port.ts';

/*
 * A record of the log, little endian:
 *
 *    0  u32  magic "FPR1"
 *    4  u32  CRC-32C of everything after it, seeded with the segment's salt
 *    8  u32  bytes of the body
 *   12  u32  CRC of the record before, or of the segment's header (the chain)
 *   16  u32  segment and
 *   20  u32  offset of this record: bytes that were copied elsewhere are no record
 *   24  u32  segment and
 *   28  u32  offset up to which the log was durable when this record was written
 *   32       body
 *
 * The durable place tells a torn tail from damage. Several turns may be in flight, and a power
 * loss may keep a later one and lose an earlier one. A readable record after an unreadable place
 * proves damage only if it was written when that place was already durable.
 *
 * One record holds what one turn appended to all partitions. The first record of a segment is an
 * opening: where each partition stood, so that the segments before it can be unlinked.
 */

export const recordMagic = 0x31525046;
export const recordHeadBytes = 32;

export const bodyKinds = { opening: 1, appends: 2 } as const;
export const entryKinds: readonly EntryKind[] = ['noop', 'effects', 'time', 'configuration'];
export const appendFlags = { hardState: 1, restart: 2 } as const;

/** Where a partition stands when a segment begins. */
export interface PartitionOpening {
  readonly partition: number;
  readonly hardState: HardState | undefined;
  readonly lastIndex: Index;
  readonly lastTerm: Term;
  /** Of the state that the log continues. */
  readonly generation: number;
}

/** The log begins anew behind an installed snapshot; all before is void (thesis 5.3). */
export interface LogRestart {
  readonly generation: number;
  readonly index: Index;
  readonly term: Term;
}

export interface LoggedAppend extends Append {
  readonly restart?: LogRestart;
}

export interface RecordPlace {
  readonly position: LogPosition;
  readonly previousCrc: number;
  readonly durable: LogPosition;
  readonly salt: number;
}

const initialBytes = 64 * 1024;
/** A buffer that one large turn has grown beyond this is given back. */
const keptBytesMax = 4 * 1024 * 1024;

/** Encodes one record at a time into a buffer of its own. */
export class RecordEncoder {
  #bytes = Buffer.allocUnsafe(initialBytes);
  #length = 0;

  /** Bytes of the record that was encoded last. */
  get length(): number {
    return this.#length;
  }

  encodeAppends(appends: readonly LoggedAppend[]): void {
    this.#begin(bodyKinds.appends);
    this.#varint(appends.length);
    for (const append of appends) this.#append(append);
  }

  encodeOpening(partitions: readonly PartitionOpening[]): void {
    this.#begin(bodyKinds.opening);
    this.#varint(partitions.length);
    for (const opening of partitions) {
      this.#varint(opening.partition);
      this.#state(opening.hardState, undefined);
      this.#varint(opening.lastIndex);
      this.#varint(opening.lastTerm);
      this.#varint(opening.generation);
    }
  }

  /**
   * Writes the head and returns the record: a view, valid until the next one is encoded. Its
   * CRC is at offset 4.
   */
  seal(place: RecordPlace): Buffer {
    const bytes = this.#bytes;
    assert(this.#length > recordHeadBytes, 'a body is encoded before the record is sealed');
    bytes.writeUInt32LE(recordMagic, 0);
    bytes.writeUInt32LE(this.#length - recordHeadBytes, 8);
    bytes.writeUInt32LE(place.previousCrc, 12);
    bytes.writeUInt32LE(place.position.segment, 16);
    bytes.writeUInt32LE(place.position.offset, 20);
    bytes.writeUInt32LE(place.durable.segment, 24);
    bytes.writeUInt32LE(place.durable.offset, 28);
    bytes.writeUInt32LE(crc32c(bytes, 8, this.#length, place.salt), 4);
    return bytes.subarray(0, this.#length);
  }

  #begin(kind: number): void {
    if (this.#bytes.length > keptBytesMax) this.#bytes = Buffer.allocUnsafe(initialBytes);
    this.#length = recordHeadBytes;
    this.#varint(kind);
  }

  #append(append: LoggedAppend): void {
    this.#varint(append.partition);
    this.#state(append.hardState, append.restart);
    this.#varint(append.entries.length);
    const first = append.entries[0];
    if (first === undefined) return;
    this.#varint(first.index);
    for (const entry of append.entries) {
      this.#varint(entry.term);
      this.#varint(entry.timeMs);
      this.#varint(entryKinds.indexOf(entry.kind));
      this.#varint(entry.payload.length);
      this.#reserve(entry.payload.length);
      this.#bytes.set(entry.payload, this.#length);
      this.#length += entry.payload.length;
    }
  }

  #state(hardState: HardState | undefined, restart: LogRestart | undefined): void {
    let flags = hardState === undefined ? 0 : appendFlags.hardState;
    if (restart !== undefined) flags |= appendFlags.restart;
    this.#varint(flags);
    if (hardState !== undefined) {
      this.#varint(hardState.term);
      this.#varint(hardState.votedFor);
    }
    if (restart === undefined) return;
    this.#varint(restart.generation);
    this.#varint(restart.index);
    this.#varint(restart.term);
  }

  /** As `ByteWriter.varint`, which `ByteReader` reads back. */
  #varint(value: number): void {
    this.#reserve(8);
    let rest = value;
    while (rest >= 0x80000000) {
      this.#bytes[this.#length++] = (rest % 128) | 0x80;
      rest = Math.floor(rest / 128);
    }
    while (rest >= 0x80) {
      this.#bytes[this.#length++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    this.#bytes[this.#length++] = rest;
  }

  #reserve(count: number): void {
    const needed = this.#length + count;
    if (needed <= this.#bytes.length) return;
    const grown = Buffer.allocUnsafe(Math.max(needed, this.#bytes.length * 2));
    this.#bytes.copy(grown, 0, 0, this.#length);
    this.#bytes = grown;
  }
}
