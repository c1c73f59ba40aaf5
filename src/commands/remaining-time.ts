import type { ByteString } from '../base/byte-string.ts';
import { type Lease, NEVER } from '../keyspace/lease.ts';
import { integer, type Reply } from '../resp/reply.ts';
import type { KeyContext } from './context.ts';

const NO_KEY = integer(-2);
const NO_EXPIRY = integer(-1);

/** What TTL and its kin tell of a key that expires; -1 if it does not, -2 if there is none. */
export function tellExpiry(
  context: KeyContext,
  args: readonly ByteString[],
  tell: (context: KeyContext, lease: Lease) => number,
): Reply {
  const lease = context.keyspace.read(context.db, args[1] ?? '');
  if (lease === undefined) return NO_KEY;
  return lease.expiresAtMs === NEVER ? NO_EXPIRY : integer(tell(context, lease));
}

/** Seconds of milliseconds, to the nearest, as Redis rounds them. */
export function secondsOf(ms: number): number {
  return Math.floor((ms + 500) / 1000);
}
