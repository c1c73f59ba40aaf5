import type { ByteString } from '../base/byte-string.ts';
import type { Command } from '../commands/command.ts';
import { parseSetOptions } from '../commands/set-options.ts';

/** Commands of the meta group that leave the same state however often they run. */
const sameEachTime: ReadonlySet<string> = new Set(['script|load', 'script|exists']);

/**
 * Whether the command only takes a lease that nobody holds. With a request id it may run again:
 * if the lease is its own, from the first time, the answer is the one of the first time.
 */
export function isAcquisition({ name }: Command, args: readonly ByteString[]): boolean {
  if (name === 'klock' || name === 'setnx') return true;
  if (name !== 'set' || args.length < 4) return false;
  return parseSetOptions(args, 3, 'set')?.condition === 'absent';
}

/** Whether the command may leave anything that somebody could see. */
export function mayChange({ name, flags }: Command): boolean {
  return !flags.includes('readonly') && name !== 'script|exists';
}

/** Whether the command changes nothing that a second run would not change in the same way. */
export function isRepeatable({ name, flags }: Command): boolean {
  return flags.includes('readonly') || sameEachTime.has(name);
}
