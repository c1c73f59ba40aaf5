import { cString } from './c-string.ts';

/**
 * Numbers in strings, as Lua 5.1 on Linux reads them (lobject.c, `luaO_str2d`): C's strtod, which
 * also knows hexadecimal, `inf` and `nan`, with white space around. A NUL ends the string.
 */
const decimal = /^[ \t-\r]*[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?[ \t-\r]*$/;
const notFinite = '(inf(?:inity)?)|(nan(?:\\(\\w*\\))?)';
const hexadecimalShape = '0x([\\da-f]*)\\.?([\\da-f]*)(?:p([+-]?\\d+))?';
const special = new RegExp(
  `^[ \\t-\\r]*([+-]?)(?:${notFinite}|${hexadecimalShape})[ \\t-\\r]*$`,
  'i',
);

/** The number that the string is; undefined if it is none. */
export function numberOf(text: string): number | undefined {
  const part = cString(text);
  if (decimal.test(part)) return Number(part);
  const match = special.exec(part);
  if (match === null) return undefined;
  const [, sign, infinity, nan, whole = '', fraction = '', exponent = '0'] = match;
  const factor = sign === '-' ? -1 : 1;
  if (infinity !== undefined) return factor * Number.POSITIVE_INFINITY;
  if (nan !== undefined) return Number.NaN;
  if (whole === '' && fraction === '') return undefined;
  return factor * hexadecimal(whole + fraction, Number(exponent) - 4 * fraction.length);
}

/** Digits times a power of two. Beyond 53 bits the number is rounded as BigInt rounds it. */
function hexadecimal(digits: string, exponent: number): number {
  const mantissa = digits.length <= 12 ? Number(`0x${digits}`) : Number(BigInt(`0x${digits}`));
  return mantissa * 2 ** exponent;
}

/**
 * The whole string as an unsigned integer to a base, as C's strtoul reads it: a minus sign wraps
 * around 2^64, too large becomes 2^64 - 1.
 *
 * @param base 2 to 36
 */
export function unsignedOf(text: string, base: number): number | undefined {
  const part = cString(text);
  const match = /^[ \t-\r]*([+-]?)(0[xX](?=[\da-fA-F]))?(\w+)[ \t-\r]*$/.exec(part);
  if (match === null) return undefined;
  const [, sign, prefix, rest = ''] = match;
  const digits = prefix === undefined || base === 16 ? rest : prefix + rest;
  let value = 0n;
  for (const digit of digits.toLowerCase()) {
    const code = digit >= 'a' ? digit.charCodeAt(0) - 87 : digit.charCodeAt(0) - 48;
    if (code >= base || digit === '_') return undefined;
    if (value <= unsignedMax) value = value * BigInt(base) + BigInt(code);
  }
  if (value > unsignedMax) return Number(unsignedMax);
  return Number(sign === '-' ? BigInt.asUintN(64, -value) : value);
}

const unsignedMax = 2n ** 64n - 1n;
