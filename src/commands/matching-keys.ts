import type { ByteString } from '../base/byte-string.ts';
import { Glob } from '../base/glob.ts';
import type { Meter } from '../base/meter.ts';
import type { Lease } from '../keyspace/lease.ts';
import { type ErrorReply, error } from '../resp/reply.ts';

const TOO_LABORIOUS = error('ERR matching this pattern with a long key takes too long');

/** The keys that match a pattern, for KEYS and SCAN. `*` is all, also the one without a byte. */
export function matchingKeys(
  leases: Iterable<Lease>,
  pattern: ByteString,
  meter: Meter | undefined,
): readonly ByteString[] | ErrorReply {
  const glob = new Glob(pattern, { meter });
  const keys: ByteString[] = [];
  for (const { key } of leases) {
    if (pattern === '*' || glob.matches(key)) keys.push(key);
    if (glob.gaveUp) return TOO_LABORIOUS;
  }
  return keys;
}
