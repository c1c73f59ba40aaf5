import { argumentError, numberArgument, textArgument, truncated } from './arguments.ts';
import { cString } from './c-string.ts';
import type { Machine } from './machine.ts';
import { formatExponent, formatFixed, formatGeneral } from './number-format.ts';
import type { LuaValue } from './value.ts';

/** One conversion of a format: `%-5.3f` has the flag `-`, width 5, precision 3. */
interface Conversion {
  readonly flags: string;
  readonly width: number;
  readonly precision: number | undefined;
  readonly letter: string;
}

/** `string.format` (Lua 5.1 manual 5.4), which hands each conversion to C's printf. */
export function formatText(machine: Machine, args: LuaValue[]): string {
  const format = textArgument(machine, args, 0);
  machine.stepBytes(format.length);
  const parts: string[] = [];
  let used = 0;
  let at = 0;
  while (at < format.length) {
    const next = format.indexOf('%', at);
    if (next < 0) break;
    parts.push(format.slice(at, next));
    if (format.charAt(next + 1) === '%') {
      machine.step();
      parts.push('%');
      at = next + 2;
      continue;
    }
    used += 1;
    if (used >= args.length) throw argumentError(machine, used, 'no value');
    const conversion = readConversion(machine, format, next + 1);
    machine.step(stepsOf(conversion));
    parts.push(machine.text(convert(machine, conversion, args, used)));
    at = conversion.end;
  }
  parts.push(format.slice(at));
  return machine.text(parts.join(''));
}

/**
 * Steps of one conversion, more for a float than for the rest and more for every digit that is
 * asked for: those beyond what a double is known to have come from BigInt arithmetic.
 */
function stepsOf({ letter, width, precision = 0 }: Conversion): number {
  const padding = (width + precision) >>> 2;
  switch (letter) {
    case 'e':
    case 'E':
    case 'f':
    case 'g':
    case 'G':
      return floatSteps + precision * floatDigitSteps + padding;
    default:
      return conversionSteps + padding;
  }
}

const conversionSteps = 15;
const floatSteps = 60;
const floatDigitSteps = 3;

function readConversion(
  machine: Machine,
  format: string,
  start: number,
): Conversion & { readonly end: number } {
  const match = /^([-+ #0]*)(\d{0,2})(?:(\.)(\d{0,2}))?/.exec(format.slice(start, start + 32));
  const [text = '', flags = '', width = '', point, precision = ''] = match ?? [];
  if (flags.length > 5) throw machine.errorHere('invalid format (repeated flags)');
  const end = start + text.length;
  if (/\d/.test(format.charAt(end))) {
    throw machine.errorHere('invalid format (width or precision too long)');
  }
  return {
    flags,
    width: Number(width),
    precision: point === undefined ? undefined : Number(precision),
    letter: format.charAt(end),
    end: end + 1,
  };
}

function convert(machine: Machine, conversion: Conversion, args: LuaValue[], at: number): string {
  const { flags, precision, letter } = conversion;
  switch (letter) {
    case 'c': {
      const code = truncated(numberArgument(machine, args, at)) & 0xff;
      const padded = pad(conversion, String.fromCharCode(code));
      // C's string ends at the NUL that was asked for.
      return code === 0 ? padded.slice(0, padded.indexOf('\0')) : padded;
    }
    case 'd':
    case 'i':
      return formatInteger(conversion, BigInt(truncated(numberArgument(machine, args, at))), 10);
    case 'o':
      return formatInteger(conversion, unsigned(numberArgument(machine, args, at)), 8);
    case 'u':
      return formatInteger(conversion, unsigned(numberArgument(machine, args, at)), 10);
    case 'x':
    case 'X':
      return formatInteger(conversion, unsigned(numberArgument(machine, args, at)), 16);
    case 'e':
    case 'E':
      return padNumber(
        conversion,
        formatExponent(numberArgument(machine, args, at), precision ?? 6, flags.includes('#')),
      );
    case 'f':
      return padNumber(
        conversion,
        formatFixed(numberArgument(machine, args, at), precision ?? 6, flags.includes('#')),
      );
    case 'g':
    case 'G':
      return padNumber(
        conversion,
        formatGeneral(numberArgument(machine, args, at), precision ?? 6, flags.includes('#')),
      );
    case 'q':
      return quote(machine, textArgument(machine, args, at));
    case 's':
      return formatString(machine, conversion, textArgument(machine, args, at));
    default:
      throw machine.errorHere(`invalid option '%${cString(letter)}' to 'format'`);
  }
}

/** C reads a string up to its first NUL, but Lua gives a long one as it is. */
function formatString(machine: Machine, conversion: Conversion, text: string): string {
  machine.stepBytes(text.length);
  if (conversion.precision === undefined && text.length >= 100) return text;
  const end = text.indexOf('\0');
  const part = end < 0 ? text : text.slice(0, end);
  return pad(conversion, part.slice(0, conversion.precision ?? part.length));
}

function quote(machine: Machine, text: string): string {
  machine.stepBytes(text.length);
  const body = text.replace(/["\\\n\r\0]/g, (symbol) => {
    machine.step(3);
    if (symbol === '\r') return '\\r';
    return symbol === '\0' ? '\\000' : `\\${symbol}`;
  });
  return `"${body}"`;
}

/** A double as C's `unsigned long long`: negative numbers wrap. */
function unsigned(number: number): bigint {
  if (!Number.isFinite(number) || number >= 2 ** 64) {
    return number > 0 ? 0n : 2n ** 63n;
  }
  return BigInt.asUintN(64, BigInt(number < 2 ** 63 ? truncated(number) : Math.trunc(number)));
}

function formatInteger(conversion: Conversion, value: bigint, base: number): string {
  const { flags, precision, letter } = conversion;
  const isSigned = letter === 'd' || letter === 'i';
  let digits = (value < 0n ? -value : value).toString(base);
  if (precision === 0 && value === 0n) digits = '';
  digits = digits.padStart(precision ?? 0, '0');
  let sign = value < 0n ? '-' : '';
  if (isSigned && sign === '' && flags.includes('+')) sign = '+';
  else if (isSigned && sign === '' && flags.includes(' ')) sign = ' ';
  if (flags.includes('#') && base === 16 && value !== 0n) sign = '0x';
  if (flags.includes('#') && base === 8 && !digits.startsWith('0')) digits = `0${digits}`;
  const isZeroPadded = precision === undefined && flags.includes('0') && !flags.includes('-');
  if (isZeroPadded) digits = digits.padStart(conversion.width - sign.length, '0');
  const text = sign + digits;
  return pad(conversion, letter === 'X' ? text.toUpperCase() : text);
}

/** The sign that the flags ask for, and zeros or blanks up to the width. */
function padNumber(conversion: Conversion, number: string): string {
  const { flags, width, letter } = conversion;
  let sign = number.startsWith('-') ? '-' : '';
  let digits = number.slice(sign.length);
  if (sign === '' && flags.includes('+')) sign = '+';
  else if (sign === '' && flags.includes(' ')) sign = ' ';
  const hasDigits = /^\d/.test(digits);
  if (hasDigits && flags.includes('0') && !flags.includes('-')) {
    digits = digits.padStart(width - sign.length, '0');
  }
  const text = sign + digits;
  return pad(conversion, letter === 'E' || letter === 'G' ? text.toUpperCase() : text);
}

function pad({ flags, width }: Conversion, text: string): string {
  return flags.includes('-') ? text.padEnd(width) : text.padStart(width);
}
