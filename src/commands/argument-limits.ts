import type { ByteString } from '../base/byte-string.ts';
import { limits } from '../base/limits.ts';
import { type ErrorReply, error } from '../resp/reply.ts';
import type { Command } from './command.ts';
import { keysOf } from './key-positions.ts';

/** Redis' sentence for a value beyond its own limit. */
export const VALUE_TOO_LONG = error('ERR string exceeds maximum allowed size (proto-max-bulk-len)');

const KEY_TOO_LONG = error(`ERR key is longer than ${limits.keyBytesMax} bytes`);

/**
 * Whether a key or a value of this call is longer than a lock server keeps. Costs nothing while
 * all arguments are short.
 *
 * @returns the error reply, or undefined
 */
export function refuseLongArguments(
  command: Command,
  args: readonly ByteString[],
): ErrorReply | undefined {
  let longest = 0;
  for (const arg of args) longest = arg.length > longest ? arg.length : longest;
  if (longest <= limits.keyBytesMax) return undefined;
  if (longest > limits.valueBytesMax) return VALUE_TOO_LONG;
  const keys = keysOf(command, args) ?? [];
  return keys.some((key) => key.length > limits.keyBytesMax) ? KEY_TOO_LONG : undefined;
}
