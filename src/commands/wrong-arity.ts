import type { ByteString } from '../base/byte-string.ts';
import { type ErrorReply, error } from '../resp/reply.ts';

/** Redis' sentence for a number of arguments that the command does not take. */
export function wrongArity(name: ByteString): ErrorReply {
  return error(`ERR wrong number of arguments for '${name}' command`);
}
