import type { ByteString } from '../base/byte-string.ts';
import type { CommandInfo } from './command.ts';

/**
 * The keys among the arguments of a command.
 *
 * @returns undefined if the arguments do not tell (a numkeys that is no number): the command then
 *   answers with its own error
 */
export function keysOf(
  command: CommandInfo,
  args: readonly ByteString[],
): readonly ByteString[] | undefined {
  const { first, last, step, find } = command.keys;
  if (find !== undefined) return find(args);
  if (first === 0) return [];
  const end = last < 0 ? args.length + last : Math.min(last, args.length - 1);
  const keys: ByteString[] = [];
  for (let at = first; at <= end; at += step) {
    const key = args[at];
    if (key !== undefined) keys.push(key);
  }
  return keys;
}
