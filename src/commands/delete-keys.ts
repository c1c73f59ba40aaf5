import type { ByteString } from '../base/byte-string.ts';
import { integer, ONE, type Reply, ZERO } from '../resp/reply.ts';
import type { KeyContext } from './context.ts';

/** Deletes every key among the arguments; tells how many there were. */
export function deleteKeys({ keyspace, db }: KeyContext, args: readonly ByteString[]): Reply {
  if (args.length === 2) return keyspace.delete(db, args[1] ?? '') ? ONE : ZERO;
  let count = 0;
  for (let at = 1; at < args.length; at += 1) if (keyspace.delete(db, args[at] ?? '')) count += 1;
  return integer(count);
}
