import { asciiUpper, type ByteString } from '../base/byte-string.ts';
import {
  type ExpiryUnit,
  MILLISECONDS,
  SECONDS,
  UNIX_MILLISECONDS,
  UNIX_SECONDS,
} from './expiry.ts';

/** What must hold of the key before SET changes it. */
export type SetCondition = 'none' | 'absent' | 'present' | 'equal' | 'different';

/** The options of SET and GETEX, of which each takes its own. */
export interface SetOptions {
  condition: SetCondition;
  /** What IFEQ and IFNE compare the value with. */
  compared: ByteString;
  get: boolean;
  keepTtl: boolean;
  persist: boolean;
  unit: ExpiryUnit | undefined;
  /** The number that belongs to `unit`. */
  expiry: ByteString;
}

/**
 * Reads the options from `start` on, in any order and case. As in Redis, the same option may stand
 * there twice and the last one counts; options that exclude each other do not go together.
 *
 * @returns undefined for a syntax error
 */
export function parseSetOptions(
  args: readonly ByteString[],
  start: number,
  command: 'set' | 'getex',
): SetOptions | undefined {
  const options: SetOptions = {
    condition: 'none',
    compared: '',
    get: false,
    keepTtl: false,
    persist: false,
    unit: undefined,
    expiry: '',
  };
  let at = start;
  while (at < args.length) {
    const word = asciiUpper(args[at] ?? '');
    const next = args[at + 1];
    const unit = unitOf(word);
    let taken = 0;
    if (unit !== undefined) taken = takeExpiry(options, unit, next);
    else if (command === 'set') taken = takeSetOption(options, word, next);
    else taken = takePersist(options, word);
    if (taken === 0) return undefined;
    at += taken;
  }
  return options;
}

/** Each `take…` returns how many arguments the option is, 0 if it does not fit. */
function takeExpiry(options: SetOptions, unit: ExpiryUnit, expiry: ByteString | undefined): 0 | 2 {
  if (expiry === undefined || options.keepTtl || options.persist) return 0;
  if (options.unit !== undefined && options.unit !== unit) return 0;
  options.unit = unit;
  options.expiry = expiry;
  return 2;
}

function takeSetOption(
  options: SetOptions,
  word: ByteString,
  next: ByteString | undefined,
): 0 | 1 | 2 {
  switch (word) {
    case 'NX':
      return takeCondition(options, 'absent') ? 1 : 0;
    case 'XX':
      return takeCondition(options, 'present') ? 1 : 0;
    case 'IFEQ':
    case 'IFNE':
      if (next === undefined || options.condition !== 'none') return 0;
      options.condition = word === 'IFEQ' ? 'equal' : 'different';
      options.compared = next;
      return 2;
    case 'GET':
      options.get = true;
      return 1;
    case 'KEEPTTL':
      if (options.unit !== undefined) return 0;
      options.keepTtl = true;
      return 1;
    default:
      return 0;
  }
}

function takePersist(options: SetOptions, word: ByteString): 0 | 1 {
  if (word !== 'PERSIST' || options.unit !== undefined) return 0;
  options.persist = true;
  return 1;
}

function takeCondition(options: SetOptions, condition: SetCondition): boolean {
  if (options.condition !== 'none' && options.condition !== condition) return false;
  options.condition = condition;
  return true;
}

function unitOf(word: ByteString): ExpiryUnit | undefined {
  switch (word) {
    case 'PX':
      return MILLISECONDS;
    case 'EX':
      return SECONDS;
    case 'PXAT':
      return UNIX_MILLISECONDS;
    case 'EXAT':
      return UNIX_SECONDS;
    default:
      return undefined;
  }
}
