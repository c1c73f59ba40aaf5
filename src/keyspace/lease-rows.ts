import { assert } from '../base/assert.ts';
import { ByteSlots, offsetOf } from '../base/byte-slots.ts';
import { type ByteString, writeByteString } from '../base/byte-string.ts';
import { type Lease, NEVER, tokenOf } from './lease.ts';

/**
 * The leases of a base outside of the heap of objects: numbers in columns, texts in slots of
 * bytes. A million leases as objects take three times the memory, of which half is what the
 * garbage collector leaves unused, and keep it from ending its work in a few milliseconds.
 *
 * A lease with long texts stays an object: whoever reads it shares it, as replies and scripts count
 * on, which may hold one value thousands of times.
 *
 * A lease is known by its row, a number that is used again after the lease is gone. The columns
 * also hold what the containers of `base` need to know of a row: its places in them. They are cut
 * into chunks: growing never copies, and a chunk whose rows are all free goes back to the system.
 */
export class LeaseRows {
  readonly #chunks: (Chunk | undefined)[] = [];
  readonly #freeNumbers: number[] = [];
  /** The chunk that gets leases, so that others run empty meanwhile. */
  #filling: Chunk | undefined;
  /** Other chunks with a free row. */
  readonly #open = new Set<Chunk>();
  readonly #texts = new ByteSlots();
  /** Leases with long texts, by row; these have no slot. */
  readonly #long = new Map<number, Lease>();
  /** Leases that were used lately, by the low bits of their rows; see `recentCount`. */
  readonly #recent: (Lease | undefined)[] = new Array(recentCount).fill(undefined);
  readonly #recentRows = new Int32Array(recentCount).fill(NO_ROW);

  /** Bytes of all columns and texts. */
  get byteCount(): number {
    const chunkCount = this.#chunks.length - this.#freeNumbers.length;
    return chunkCount * rowsPerChunk * bytesPerRow + this.#texts.byteCount;
  }

  /** @param hash of its key, for `hashOf` */
  add(lease: Lease, hash: number): number {
    const row = this.#takeRow();
    const chunk = this.#chunkOf(row);
    const at = row & rowMask;
    chunk.hashes[at] = hash;
    chunk.heapPositions[at] = -1;
    chunk.listPositions[at] = -1;
    chunk.dbs[at] = lease.db;
    setNumbers(chunk, at, lease);
    this.#setTexts(row, lease);
    return row;
  }

  /** Makes the row say what `lease` says, which has the same key as `previous`, its lease now. */
  update(row: number, previous: Lease, lease: Lease): void {
    const chunk = this.#chunkOf(row);
    const at = row & rowMask;
    setNumbers(chunk, at, lease);
    if (previous.value === lease.value && previous.requestId === lease.requestId) {
      if (isLong(lease)) this.#long.set(row, lease);
      else this.#remember(row, lease);
      return;
    }
    this.#freeTexts(row);
    this.#setTexts(row, lease);
  }

  free(row: number): void {
    this.#freeTexts(row);
    const chunk = this.#chunkOf(row);
    chunk.listPositions[row & rowMask] = chunk.freeAt;
    chunk.freeAt = row & rowMask;
    chunk.usedCount -= 1;
    if (chunk === this.#filling) return;
    if (chunk.usedCount === rowsPerChunk - 1) this.#open.add(chunk);
    else if (chunk.usedCount === 0) this.#dropChunk(chunk);
  }

  /** The lease of a row, as an object. */
  leaseAt(row: number, knownKey?: ByteString): Lease {
    if (this.#recentRows[row & recentMask] === row) {
      const recent = this.#recent[row & recentMask];
      if (recent !== undefined) return recent;
    }
    const long = this.#findLong(row);
    if (long !== undefined) return long;
    const lease = this.#read(row, knownKey);
    this.#remember(row, lease);
    return lease;
  }

  hasKey(row: number, key: ByteString): boolean {
    if (this.#recentRows[row & recentMask] === row) {
      return this.#recent[row & recentMask]?.key === key;
    }
    const chunk = this.#chunkOf(row);
    const at = row & rowMask;
    if (chunk.keyBytes[at] !== key.length) return false;
    const long = this.#findLong(row);
    if (long !== undefined) return long.key === key;
    const address = chunk.addresses[at] ?? 0;
    const bytes = this.#texts.bytesAt(address);
    const start = offsetOf(address);
    for (let offset = 0; offset < key.length; offset += 1) {
      if (bytes[start + offset] !== key.charCodeAt(offset)) return false;
    }
    return true;
  }

  hashOf(row: number): number {
    return this.#chunkOf(row).hashes[row & rowMask] ?? 0;
  }

  endsAtMs(row: number): number {
    return this.#chunkOf(row).ends[row & rowMask] ?? NEVER;
  }

  /** Place in the expiry heap; -1 outside. */
  heapPosition(row: number): number {
    return this.#chunkOf(row).heapPositions[row & rowMask] ?? -1;
  }

  setHeapPosition(row: number, position: number): void {
    this.#chunkOf(row).heapPositions[row & rowMask] = position;
  }

  /** Place in the list of its database; -1 outside. */
  listPosition(row: number): number {
    return this.#chunkOf(row).listPositions[row & rowMask] ?? -1;
  }

  setListPosition(row: number, position: number): void {
    this.#chunkOf(row).listPositions[row & rowMask] = position;
  }

  #read(row: number, knownKey: ByteString | undefined): Lease {
    const chunk = this.#chunkOf(row);
    const at = row & rowMask;
    const address = chunk.addresses[at] ?? 0;
    const bytes = this.#texts.bytesAt(address);
    const keyStart = offsetOf(address);
    const valueStart = keyStart + (chunk.keyBytes[at] ?? 0);
    const requestIdStart = valueStart + (chunk.valueBytes[at] ?? 0);
    const requestIdBytes = chunk.requestIdBytes[at] ?? 0;
    return {
      db: chunk.dbs[at] ?? 0,
      key: knownKey ?? bytes.toString('latin1', keyStart, valueStart),
      value: bytes.toString('latin1', valueStart, requestIdStart),
      token: tokenOf(chunk.tokens[at] ?? 0),
      expiresAtMs: chunk.expiries[at] ?? NEVER,
      endsAtMs: chunk.ends[at] ?? NEVER,
      requestId:
        requestIdBytes === 0
          ? ''
          : bytes.toString('latin1', requestIdStart, requestIdStart + requestIdBytes),
    };
  }

  #findLong(row: number): Lease | undefined {
    return this.#long.size === 0 ? undefined : this.#long.get(row);
  }

  #remember(row: number, lease: Lease): void {
    this.#recentRows[row & recentMask] = row;
    this.#recent[row & recentMask] = lease;
  }

  #forget(row: number): void {
    if (this.#recentRows[row & recentMask] !== row) return;
    this.#recentRows[row & recentMask] = NO_ROW;
    this.#recent[row & recentMask] = undefined;
  }

  #takeRow(): number {
    let chunk = this.#filling;
    if (chunk === undefined || chunk.freeAt === rowsPerChunk) {
      const [open = this.#addChunk()] = this.#open;
      this.#open.delete(open);
      this.#filling = open;
      chunk = open;
    }
    const at = chunk.freeAt;
    chunk.freeAt = chunk.listPositions[at] ?? 0;
    chunk.usedCount += 1;
    return chunk.number * rowsPerChunk + at;
  }

  #addChunk(): Chunk {
    const number = this.#freeNumbers.pop() ?? this.#chunks.length;
    assert(number < chunkCountMax, 'a row is a 32-bit number');
    const chunk = newChunk(number);
    this.#chunks[number] = chunk;
    return chunk;
  }

  #dropChunk(chunk: Chunk): void {
    this.#open.delete(chunk);
    this.#chunks[chunk.number] = undefined;
    this.#freeNumbers.push(chunk.number);
  }

  #setTexts(row: number, lease: Lease): void {
    const chunk = this.#chunkOf(row);
    const at = row & rowMask;
    const { key, value, requestId } = lease;
    chunk.keyBytes[at] = key.length;
    chunk.valueBytes[at] = value.length;
    chunk.requestIdBytes[at] = requestId.length;
    if (isLong(lease)) {
      this.#long.set(row, lease);
      return;
    }
    this.#remember(row, lease);
    const address = this.#texts.allocate(key.length + value.length + requestId.length);
    const bytes = this.#texts.bytesAt(address);
    const start = offsetOf(address);
    writeByteString(bytes, start, key);
    writeByteString(bytes, start + key.length, value);
    writeByteString(bytes, start + key.length + value.length, requestId);
    chunk.addresses[at] = address;
  }

  #freeTexts(row: number): void {
    this.#forget(row);
    if (this.#findLong(row) !== undefined) this.#long.delete(row);
    else this.#texts.free(this.#chunkOf(row).addresses[row & rowMask] ?? 0);
  }

  #chunkOf(row: number): Chunk {
    const chunk = this.#chunks[row >>> rowBits];
    assert(chunk !== undefined, 'a row was handed out');
    return chunk;
  }
}

/** No row has this number. */
export const NO_ROW = -1;

/**
 * A lock that is taken and released gets a row that was freed just before. So a few leases as
 * objects, by the low bits of their rows, spare most commands from making one of the columns.
 */
const recentCount = 2 ** 10;
const recentMask = recentCount - 1;

/** Texts of more than this stay strings. */
const longTextBytes = 512;

function isLong({ key, value, requestId }: Lease): boolean {
  return key.length + value.length + requestId.length > longTextBytes;
}

const rowBits = 8;
const rowsPerChunk = 2 ** rowBits;
const rowMask = rowsPerChunk - 1;
const chunkCountMax = 2 ** (31 - rowBits);

interface Chunk {
  readonly number: number;
  usedCount: number;
  /** The first free row, or `rowsPerChunk`; each names the next in place of its list position. */
  freeAt: number;
  readonly tokens: Float64Array;
  readonly expiries: Float64Array;
  readonly ends: Float64Array;
  /** Where key, value and request id stand, one behind the other. */
  readonly addresses: Float64Array;
  readonly keyBytes: Uint32Array;
  readonly valueBytes: Uint32Array;
  readonly requestIdBytes: Uint32Array;
  readonly hashes: Int32Array;
  readonly heapPositions: Int32Array;
  readonly listPositions: Int32Array;
  readonly dbs: Uint8Array;
}

const bytesPerRow = 4 * 8 + 6 * 4 + 1;

/** One buffer with all columns behind each other, the widest first. */
function newChunk(number: number): Chunk {
  const buffer = new ArrayBuffer(rowsPerChunk * bytesPerRow);
  const startOf = (bytesBefore: number): number => bytesBefore * rowsPerChunk;
  const listPositions = new Int32Array(buffer, startOf(52), rowsPerChunk);
  for (let at = 0; at < rowsPerChunk; at += 1) listPositions[at] = at + 1;
  return {
    number,
    usedCount: 0,
    freeAt: 0,
    tokens: new Float64Array(buffer, startOf(0), rowsPerChunk),
    expiries: new Float64Array(buffer, startOf(8), rowsPerChunk),
    ends: new Float64Array(buffer, startOf(16), rowsPerChunk),
    addresses: new Float64Array(buffer, startOf(24), rowsPerChunk),
    keyBytes: new Uint32Array(buffer, startOf(32), rowsPerChunk),
    valueBytes: new Uint32Array(buffer, startOf(36), rowsPerChunk),
    requestIdBytes: new Uint32Array(buffer, startOf(40), rowsPerChunk),
    hashes: new Int32Array(buffer, startOf(44), rowsPerChunk),
    heapPositions: new Int32Array(buffer, startOf(48), rowsPerChunk),
    listPositions,
    dbs: new Uint8Array(buffer, startOf(56), rowsPerChunk),
  };
}

function setNumbers(chunk: Chunk, at: number, lease: Lease): void {
  chunk.tokens[at] = lease.token;
  chunk.expiries[at] = lease.expiresAtMs;
  chunk.ends[at] = lease.endsAtMs;
}
