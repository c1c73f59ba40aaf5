import type { ByteString } from '../base/byte-string.ts';
import { integer, type Reply } from '../resp/reply.ts';
import type { KeyContext } from './context.ts';

/** How many of the arguments are keys that exist; one that is named twice counts twice. */
export function countKeys({ keyspace, db }: KeyContext, args: readonly ByteString[]): Reply {
  let count = 0;
  for (let at = 1; at < args.length; at += 1) {
    if (keyspace.read(db, args[at] ?? '') !== undefined) count += 1;
  }
  return integer(count);
}
