import { NEVER } from '../keyspace/lease.ts';
import { ONE, ZERO } from '../resp/reply.ts';
import { KEY } from './argument-docs.ts';
import { type Command, ONE_KEY } from './command.ts';

/** redis.io/commands/persist */
export const persist: Command = {
  name: 'persist',
  arity: 2,
  flags: ['write', 'fast'],
  keys: ONE_KEY,
  group: 'generic',
  since: '2.2.0',
  summary: 'Takes the expiry of a key away.',
  complexity: 'O(1)',
  arguments: [KEY],
  runs: 'keys',
  execute({ keyspace, db }, args) {
    const lease = keyspace.find(db, args[1] ?? '');
    if (lease === undefined || lease.expiresAtMs === NEVER) return ZERO;
    keyspace.moveEnd(lease, NEVER);
    return ONE;
  },
};
