import { truncated } from './arguments.ts';

/*
 * Numbers as bytes, for `struct` and `cmsgpack`. Conversions between doubles and integers are
 * those of C on x86-64, where they do not fit as well: scripts see the same bytes as in Redis.
 */

const view = new DataView(new ArrayBuffer(8));

/** A double as a C `unsigned long`. */
export function unsignedOf(value: number): bigint {
  if (value >= 2 ** 64) return 0n;
  if (value >= 2 ** 63) return BigInt(value);
  return BigInt.asUintN(64, BigInt(truncated(value)));
}

/** The low `size` bytes of a 64-bit integer; those beyond its eight are zero. */
export function integerBytes(value: bigint, size: number, littleEndian: boolean): string {
  view.setBigUint64(0, value, true);
  const low = viewText(Math.min(size, 8)).padEnd(size, '\0');
  return littleEndian ? low : reversed(low);
}

/** The integer that `bytes` are, as a double; of more than eight bytes the low ones count. */
export function integerOfBytes(
  bytes: string,
  { littleEndian, signed }: { readonly littleEndian: boolean; readonly signed: boolean },
): number {
  const ordered = littleEndian ? bytes : reversed(bytes);
  for (let at = 0; at < 8; at += 1) view.setUint8(at, byteAt(ordered, at));
  const value = view.getBigUint64(0, true);
  if (!signed) return Number(value);
  // C shifts the sign's mask by the count of bits modulo 64.
  const signBit = BigInt((bytes.length * 8 - 1) & 63);
  const mask = BigInt.asUintN(64, -1n << signBit);
  return Number(BigInt.asIntN(64, (value & mask) === 0n ? value : value | mask));
}

export function floatBytes(value: number, size: 4 | 8, littleEndian: boolean): string {
  // The NaN of x86 arithmetic has its sign set; JavaScript's has not.
  if (size === 8 && Number.isNaN(value)) view.setBigUint64(0, 0xfff8_0000_0000_0000n, littleEndian);
  else if (size === 8) view.setFloat64(0, value, littleEndian);
  else if (Number.isNaN(value)) view.setUint32(0, 0xffc0_0000, littleEndian);
  else view.setFloat32(0, value, littleEndian);
  return viewText(size);
}

/** The float of four bytes or of eight that `bytes` are. */
export function floatOfBytes(bytes: string, littleEndian: boolean): number {
  for (let at = 0; at < bytes.length; at += 1) view.setUint8(at, byteAt(bytes, at));
  return bytes.length === 8 ? view.getFloat64(0, littleEndian) : view.getFloat32(0, littleEndian);
}

function viewText(size: number): string {
  let text = '';
  for (let at = 0; at < size; at += 1) text += String.fromCharCode(view.getUint8(at));
  return text;
}

function byteAt(bytes: string, at: number): number {
  return at < bytes.length ? bytes.charCodeAt(at) : 0;
}

function reversed(bytes: string): string {
  return [...bytes].reverse().join('');
}
