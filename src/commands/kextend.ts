import { integer, NULL } from '../resp/reply.ts';
import { KEY, OWNER, TTL_MS } from './argument-docs.ts';
import { type Command, ONE_KEY } from './command.ts';
import { MILLISECONDS, parseExpiry } from './expiry.ts';

const expiry = { unit: MILLISECONDS, commandName: 'kextend' };

/** `KEXTEND key owner ttl-ms` (DESIGN.md 4). Replaces the expiry, as PEXPIRE does. */
export const kextend: Command = {
  name: 'kextend',
  arity: 4,
  flags: ['write', 'fast'],
  keys: ONE_KEY,
  group: 'lease',
  since: 'fencepost 0.1.0',
  summary: 'Extends a lock of its owner: the fencing token, or nil if that owner does not hold it.',
  complexity: 'O(1)',
  arguments: [KEY, OWNER, TTL_MS],
  runs: 'keys',
  execute(context, args) {
    const { keyspace, db } = context;
    const [, key = '', owner = '', ttl = ''] = args;
    const expiresAtMs = parseExpiry(context, ttl, expiry);
    if (typeof expiresAtMs !== 'number') return expiresAtMs;
    const lease = keyspace.find(db, key);
    if (lease?.value !== owner) return NULL;
    return integer(keyspace.moveEnd(lease, expiresAtMs).token);
  },
};
