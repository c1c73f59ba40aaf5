import type { ByteString } from '../base/byte-string.ts';
import { error } from '../resp/reply.ts';

/** What Redis answers where an argument or a value is no signed 64-bit integer. */
export const NOT_AN_INTEGER = error('ERR value is not an integer or out of range');

const int64Max = 2n ** 63n - 1n;
const int64Min = -(2n ** 63n);
/** Up to so many digits every integer is exact in a double. */
const exactDigitsMax = 15;
const int64DigitsMax = 19;
const ZERO_CODE = 48;
const NINE_CODE = 57;
const MINUS_CODE = 45;

/**
 * A signed 64-bit integer in the one spelling that Redis takes: no sign but `-`, no zero in
 * front, no blanks, not `-0`.
 *
 * @returns a bigint only beyond 2^53, where a number would not be exact; undefined if it is none
 */
export function parseInteger(text: ByteString): number | bigint | undefined {
  const start = text.charCodeAt(0) === MINUS_CODE ? 1 : 0;
  const digitCount = text.length - start;
  if (digitCount < 1 || digitCount > int64DigitsMax) return undefined;
  if (text.charCodeAt(start) === ZERO_CODE) return text === '0' ? 0 : undefined;
  let value = 0;
  for (let at = start; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code < ZERO_CODE || code > NINE_CODE) return undefined;
    value = value * 10 + (code - ZERO_CODE);
  }
  if (digitCount <= exactDigitsMax) return start === 1 ? -value : value;
  return exactOf(BigInt(text));
}

/**
 * The sum of two signed 64-bit integers.
 *
 * @returns undefined if it is beyond 64 bits
 */
export function addIntegers(
  first: number | bigint,
  second: number | bigint,
): number | bigint | undefined {
  if (typeof first === 'number' && typeof second === 'number') {
    const sum = first + second;
    if (Number.isSafeInteger(sum)) return sum;
  }
  return exactOf(BigInt(first) + BigInt(second));
}

function exactOf(value: bigint): number | bigint | undefined {
  if (value > int64Max || value < int64Min) return undefined;
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}
