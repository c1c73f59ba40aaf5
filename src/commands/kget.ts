import { NEVER } from '../keyspace/lease.ts';
import { bulk, integer, NULL } from '../resp/reply.ts';
import { KEY } from './argument-docs.ts';
import { type Command, ONE_KEY } from './command.ts';
import { remainingMs } from './expiry.ts';

const FIELD_OWNER = bulk('owner');
const FIELD_TOKEN = bulk('token');
const FIELD_TTL = bulk('ttl-ms');

/** `KGET key` (DESIGN.md 4). Later versions may add fields to the map. */
export const kget: Command = {
  name: 'kget',
  arity: 2,
  flags: ['readonly', 'fast'],
  keys: ONE_KEY,
  group: 'lease',
  since: 'fencepost 0.1.0',
  summary: 'Tells who holds a lock, with which fencing token and for how long; nil if nobody does.',
  complexity: 'O(1)',
  arguments: [KEY],
  runs: 'keys',
  execute(context, args) {
    const lease = context.keyspace.read(context.db, args[1] ?? '');
    if (lease === undefined) return NULL;
    const ttlMs = lease.expiresAtMs === NEVER ? -1 : remainingMs(context, lease);
    return {
      kind: 'map',
      entries: [
        [FIELD_OWNER, bulk(lease.value)],
        [FIELD_TOKEN, integer(lease.token)],
        [FIELD_TTL, integer(ttlMs)],
      ],
    };
  },
};
