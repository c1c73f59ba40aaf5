/**
 * Numbers as C's printf writes them. JavaScript's own conversions round a tie away from zero
 * where C rounds it to the even digit; doubles that lie exactly between are corrected here.
 */

/** `%.14g`: how Lua 5.1 writes a number (luaconf.h, LUAI_NUMFFORMAT). */
export function formatNumber(value: number): string {
  if (Number.isInteger(value) && Math.abs(value) < 1e14) {
    return Object.is(value, -0) ? '-0' : `${value}`;
  }
  return formatGeneral(value, 14, false);
}

/** `%.<precision>g`; `alternate` (`#`) keeps trailing zeros. */
export function formatGeneral(value: number, precision: number, alternate: boolean): string {
  if (!Number.isFinite(value)) return formatSpecial(value);
  const digits = Math.max(1, precision);
  const scientific = formatExponent(value, digits - 1, false);
  const exponent = Number(scientific.slice(scientific.indexOf('e') + 1));
  if (exponent < -4 || exponent >= digits) {
    return alternate ? pointed(scientific) : stripZeros(scientific);
  }
  const fixed = formatFixed(value, digits - 1 - exponent, alternate);
  return alternate ? fixed : stripZeros(fixed);
}

/** `%.<precision>f`; `alternate` keeps the point. */
export function formatFixed(value: number, precision: number, alternate: boolean): string {
  if (!Number.isFinite(value)) return formatSpecial(value);
  const sign = value < 0 || Object.is(value, -0) ? '-' : '';
  const text = fixedDigits(Math.abs(value), precision);
  return `${sign}${text}${alternate && precision === 0 ? '.' : ''}`;
}

/** `%.<precision>e`, the exponent with at least two digits. */
export function formatExponent(value: number, precision: number, alternate: boolean): string {
  if (!Number.isFinite(value)) return formatSpecial(value);
  const sign = value < 0 || Object.is(value, -0) ? '-' : '';
  const text = exponentDigits(Math.abs(value), precision);
  const at = text.indexOf('e');
  const exponent = text.slice(at + 2).padStart(2, '0');
  const mantissa = text.slice(0, at);
  const point = alternate && precision === 0 ? '.' : '';
  return `${sign}${mantissa}${point}e${text.charAt(at + 1)}${exponent}`;
}

/**
 * Infinity and NaN. The NaN of x86 arithmetic has its sign set, and C prints that; JavaScript
 * does not show the sign of a NaN, so each is written as the one that arithmetic gives.
 */
function formatSpecial(value: number): string {
  if (Number.isNaN(value)) return '-nan';
  return value > 0 ? 'inf' : '-inf';
}

function fixedDigits(value: number, precision: number): string {
  if (value >= 1e21) {
    return precision === 0 ? `${BigInt(value)}` : `${BigInt(value)}.${'0'.repeat(precision)}`;
  }
  const rounded = value.toFixed(precision);
  if (!endsInTie(value.toFixed(Math.min(100, precision + tieDigits)), precision, rounded)) {
    return rounded;
  }
  const exact = value.toFixed(100);
  const cut = exact.length - 100 + precision;
  if (!isTie(exact.slice(cut).replace('.', ''))) return rounded;
  const truncated = exact.slice(0, precision === 0 ? cut - 1 : cut);
  return isEven(truncated) ? truncated : rounded;
}

function exponentDigits(value: number, precision: number): string {
  const rounded = value.toExponential(precision);
  const longer = value.toExponential(Math.min(100, precision + tieDigits));
  const tail = longer.slice(longer.indexOf('e') - tieDigits, longer.indexOf('e'));
  if (!isTie(tail)) return rounded;
  const exact = value.toExponential(100);
  const end = precision === 0 ? 1 : 2 + precision;
  const exponentAt = exact.indexOf('e');
  if (!isTie(exact.slice(end, exponentAt).replace('.', ''))) return rounded;
  const truncated = exact.slice(0, end);
  return isEven(truncated) ? truncated + exact.slice(exponentAt) : rounded;
}

/** Digits behind the last one that tell whether to look at all of them. */
const tieDigits = 4;

function endsInTie(longer: string, precision: number, rounded: string): boolean {
  if (precision + tieDigits > 100) return true;
  return isTie(longer.slice(longer.length - tieDigits)) && rounded !== '';
}

/** The digits after the cut are exactly one half. */
function isTie(tail: string): boolean {
  return /^50*$/.test(tail);
}

function isEven(digits: string): boolean {
  return Number(digits.at(-1)) % 2 === 0;
}

function stripZeros(text: string): string {
  const at = text.indexOf('e');
  const mantissa = at < 0 ? text : text.slice(0, at);
  const exponent = at < 0 ? '' : text.slice(at);
  if (!mantissa.includes('.')) return text;
  return mantissa.replace(/\.?0+$/, '') + exponent;
}

/** `%#g` writes the point even where no digit follows it. */
function pointed(text: string): string {
  const at = text.indexOf('e');
  if (text.includes('.')) return text;
  return `${text.slice(0, at)}.${text.slice(at)}`;
}
