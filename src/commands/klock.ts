import { NEVER } from '../keyspace/lease.ts';
import { integer, NULL } from '../resp/reply.ts';
import { KEY, OWNER, TTL_MS } from './argument-docs.ts';
import { type Command, ONE_KEY } from './command.ts';
import { MILLISECONDS, parseExpiry } from './expiry.ts';

const expiry = { unit: MILLISECONDS, commandName: 'klock' };

/**
 * `KLOCK key owner ttl-ms` (DESIGN.md 4). The owner that holds the lock already gets the same token
 * again and never a shorter lease, so an acquisition that lost its reply is simply sent again.
 */
export const klock: Command = {
  name: 'klock',
  arity: 4,
  flags: ['write', 'denyoom', 'fast'],
  keys: ONE_KEY,
  group: 'lease',
  since: 'fencepost 0.1.0',
  summary: 'Takes a lock for an owner: the fencing token, or nil if somebody else holds it.',
  complexity: 'O(1)',
  arguments: [KEY, OWNER, TTL_MS],
  runs: 'keys',
  execute(context, args) {
    const { keyspace, db } = context;
    const [, key = '', owner = '', ttl = ''] = args;
    const expiresAtMs = parseExpiry(context, ttl, expiry);
    if (typeof expiresAtMs !== 'number') return expiresAtMs;
    const lease = keyspace.find(db, key);
    if (lease === undefined) return integer(keyspace.put(db, key, owner, expiresAtMs).token);
    if (lease.value !== owner) return NULL;
    const longer = lease.expiresAtMs !== NEVER && expiresAtMs > lease.expiresAtMs;
    if (longer) keyspace.moveEnd(lease, expiresAtMs);
    return integer(lease.token);
  },
};
