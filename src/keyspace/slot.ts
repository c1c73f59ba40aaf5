import type { ByteString } from '../base/byte-string.ts';

/** Slots of the key space, as in Redis Cluster. */
export const SLOT_COUNT = 16_384;

/**
 * The slot of a key: CRC-16/XMODEM of the key, or of its hash tag, modulo 16384. A hash tag is
 * what stands between the first `{` and the next `}`, if it is not empty (Redis Cluster
 * specification, "Hash tags").
 */
export function slotOf(key: ByteString): number {
  const open = key.indexOf('{');
  if (open === -1) return crc16(key, 0, key.length) % SLOT_COUNT;
  const close = key.indexOf('}', open + 1);
  if (close === -1 || close === open + 1) return crc16(key, 0, key.length) % SLOT_COUNT;
  return crc16(key, open + 1, close) % SLOT_COUNT;
}

/**
 * The partition, from 1, that owns `slot` when the slots are cut into `partitionCount` ranges
 * of equal length (the last ones may be shorter by one).
 */
export function partitionOfSlot(slot: number, partitionCount: number): number {
  return Math.floor((slot * partitionCount) / SLOT_COUNT) + 1;
}

const table = buildTable();

function crc16(bytes: ByteString, start: number, end: number): number {
  let crc = 0;
  for (let at = start; at < end; at += 1) {
    const index = ((crc >> 8) ^ bytes.charCodeAt(at)) & 0xff;
    /** `as number`: the table has 256 entries. */
    crc = ((crc << 8) & 0xffff) ^ (table[index] as number);
  }
  return crc;
}

/** Polynomial 0x1021, not reflected, initial value 0. */
function buildTable(): Uint16Array {
  const built = new Uint16Array(256);
  for (let index = 0; index < 256; index += 1) {
    let crc = index << 8;
    for (let bit = 0; bit < 8; bit += 1) {
      crc = crc & 0x8000 ? ((crc << 1) ^ 0x1021) & 0xffff : (crc << 1) & 0xffff;
    }
    built[index] = crc;
  }
  return built;
}
