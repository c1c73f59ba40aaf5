import type { ByteString } from '../base/byte-string.ts';
import { type ErrorReply, error } from '../resp/reply.ts';
import type { Command } from './command.ts';

/** Whether a request of `count` words, its name among them, is one that the command takes. */
export function hasArity({ arity }: Pick<Command, 'arity'>, count: number): boolean {
  return arity >= 0 ? count === arity : count >= -arity;
}

/** Redis' sentence for a number of arguments that the command does not take. */
export function wrongArity(name: ByteString): ErrorReply {
  return error(`ERR wrong number of arguments for '${name}' command`);
}
