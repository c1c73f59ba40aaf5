import { asciiUpper, type ByteString } from '../base/byte-string.ts';
import { type ErrorReply, OK, type Reply } from '../resp/reply.ts';
import type { KeyContext } from './context.ts';
import { SYNTAX_ERROR } from './syntax-error.ts';

/**
 * The error if what follows FLUSHALL or FLUSHDB is not one ASYNC or SYNC. Both mean the same
 * here: the reply comes when the effect is committed.
 */
export function refuseFlushMode(args: readonly ByteString[]): ErrorReply | undefined {
  if (args.length === 1) return undefined;
  const mode = asciiUpper(args[1] ?? '');
  return args.length === 2 && (mode === 'ASYNC' || mode === 'SYNC') ? undefined : SYNTAX_ERROR;
}

/** Frees every key of a database; an empty one needs no effect for that. */
export function flushDatabase({ keyspace }: KeyContext, db: number): void {
  if (keyspace.size(db) > 0) keyspace.flush(db);
}

/** Every partition answers the same. */
export function firstReply(replies: readonly Reply[]): Reply {
  return replies[0] ?? OK;
}
