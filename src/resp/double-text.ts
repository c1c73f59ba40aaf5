import type { ByteString } from '../base/byte-string.ts';

/**
 * A double as Redis writes it: the fewest digits that read back as the same number, laid out as
 * C's `%.17g` does (an exponent of at least two digits below 1e-4 and from 1e17 on), and the words
 * `inf`, `-inf` and `nan` (RESP3 spec, "Double").
 */
export function doubleText(value: number): ByteString {
  if (Number.isNaN(value)) return 'nan';
  if (value === Number.POSITIVE_INFINITY) return 'inf';
  if (value === Number.NEGATIVE_INFINITY) return '-inf';
  if (Object.is(value, -0)) return '-0';
  if (value === 0) return '0';
  const [mantissa = '', exponentText = ''] = value.toExponential().split('e');
  const exponent = Number(exponentText);
  if (exponent < -4 || exponent >= 17) {
    const digits = String(Math.abs(exponent)).padStart(2, '0');
    return `${mantissa}e${exponent < 0 ? '-' : '+'}${digits}`;
  }
  return positional(mantissa, exponent);
}

/** Moves the point of `d.ddd` by `exponent` places. */
function positional(mantissa: string, exponent: number): ByteString {
  const sign = mantissa.startsWith('-') ? '-' : '';
  const digits = mantissa.replace(/[-.]/g, '');
  if (exponent < 0) return `${sign}0.${'0'.repeat(-exponent - 1)}${digits}`;
  if (digits.length <= exponent + 1) return sign + digits.padEnd(exponent + 1, '0');
  return `${sign}${digits.slice(0, exponent + 1)}.${digits.slice(exponent + 1)}`;
}
