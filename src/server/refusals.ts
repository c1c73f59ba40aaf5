import type { ByteString } from '../base/byte-string.ts';
import { limits } from '../base/limits.ts';
import type { Command } from '../commands/command.ts';
import { type ErrorReply, error } from '../resp/reply.ts';

/** Why a request does not run: Redis' own sentences, on which clients match (Redis, `server.c`). */

export const NOAUTH = error('NOAUTH Authentication required.');
export const NOT_IN_TRANSACTION = error('ERR Command not allowed inside a transaction');

/** Bytes of a name, and of all arguments together, that an error repeats. */
const quotedBytesMax = 128;

export function unknownCommand(args: readonly ByteString[]): ErrorReply {
  const [name = ''] = args;
  let quoted = '';
  for (let at = 1; at < args.length && quoted.length < quotedBytesMax; at += 1) {
    quoted += `'${args[at]?.slice(0, quotedBytesMax - quoted.length)}' `;
  }
  const quotedName = name.slice(0, quotedBytesMax);
  return error(`ERR unknown command '${quotedName}', with args beginning with: ${quoted}`);
}

export function unknownSubcommand(container: Command, name: ByteString): ErrorReply {
  const quotedName = name.slice(0, quotedBytesMax);
  return error(`ERR unknown subcommand '${quotedName}'. Try ${container.name.toUpperCase()} HELP.`);
}

export function notWhileSubscribed(command: Command): ErrorReply {
  return error(
    `ERR Can't execute '${command.name}': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / ` +
      'RESET are allowed in this context',
  );
}

/** EXEC itself was refused, which ends its transaction. */
export function execAborted({ text }: ErrorReply): ErrorReply {
  return error(`EXECABORT Transaction discarded because of: ${text.replace(/^ERR /, '')}`);
}

/** The error for a transaction that would become too large; undefined if it does not. */
export function largeTransaction(commandCount: number, bytes: number): ErrorReply | undefined {
  if (commandCount > limits.transactionCommandCountMax) {
    return error(`ERR transaction has more than ${limits.transactionCommandCountMax} commands`);
  }
  if (bytes > limits.transactionBytesMax) {
    return error(`ERR transaction has more than ${limits.transactionBytesMax} bytes`);
  }
  return undefined;
}
