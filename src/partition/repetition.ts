import { asciiUpper, type ByteString } from '../base/byte-string.ts';
import type { Command } from '../commands/command.ts';

/** Commands of the meta group that leave the same state however often they run. */
const sameEachTime: ReadonlySet<string> = new Set(['script|load', 'script|exists']);

/**
 * Whether the command only takes a lease that nobody holds. With a request id it may run again:
 * if the lease is its own, from the first time, the answer is the one of the first time.
 */
export function isAcquisition({ name }: Command, args: readonly ByteString[]): boolean {
  if (name === 'klock' || name === 'setnx') return true;
  return name === 'set' && args.length > 3 && needsFreeKey(args);
}

/** NX among the options of SET. With IFEQ and IFNE, which exclude it, a word may be a value. */
function needsFreeKey(args: readonly ByteString[]): boolean {
  let found = false;
  for (let at = 3; at < args.length; at += 1) {
    const word = asciiUpper(args[at] ?? '');
    if (word === 'IFEQ' || word === 'IFNE') return false;
    if (word === 'NX') found = true;
  }
  return found;
}

/** Whether the command may leave anything that somebody could see. */
export function mayChange({ name, flags }: Command): boolean {
  return !flags.includes('readonly') && name !== 'script|exists';
}

/** Whether the command changes nothing that a second run would not change in the same way. */
export function isRepeatable({ name, flags }: Command): boolean {
  return flags.includes('readonly') || sameEachTime.has(name);
}
