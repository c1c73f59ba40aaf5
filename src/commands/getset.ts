import { NEVER } from '../keyspace/lease.ts';
import { bulkOrNull } from '../resp/reply.ts';
import { KEY, VALUE } from './argument-docs.ts';
import { type Command, ONE_KEY } from './command.ts';

/** redis.io/commands/getset */
export const getset: Command = {
  name: 'getset',
  arity: 3,
  flags: ['write', 'denyoom', 'fast'],
  keys: ONE_KEY,
  group: 'string',
  since: '1.0.0',
  summary: 'Gives a key a value and tells the one that it had.',
  complexity: 'O(1)',
  arguments: [KEY, VALUE],
  runs: 'keys',
  execute({ keyspace, db }, args) {
    const [, key = '', value = ''] = args;
    const previous = keyspace.read(db, key);
    keyspace.put(db, key, value, NEVER);
    return bulkOrNull(previous?.value);
  },
};
