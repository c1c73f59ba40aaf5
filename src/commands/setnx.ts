import { NEVER } from '../keyspace/lease.ts';
import { ONE, ZERO } from '../resp/reply.ts';
import { KEY, VALUE } from './argument-docs.ts';
import { type Command, ONE_KEY } from './command.ts';

/** redis.io/commands/setnx */
export const setnx: Command = {
  name: 'setnx',
  arity: 3,
  flags: ['write', 'denyoom', 'fast'],
  keys: ONE_KEY,
  group: 'string',
  since: '1.0.0',
  summary: 'Gives a key a value if it has none.',
  complexity: 'O(1)',
  arguments: [KEY, VALUE],
  runs: 'keys',
  execute({ keyspace, db }, args) {
    const [, key = '', value = ''] = args;
    const lease = keyspace.find(db, key);
    if (lease !== undefined) return keyspace.isOwnGrant(lease) ? ONE : ZERO;
    keyspace.put(db, key, value, NEVER);
    return ONE;
  },
};
