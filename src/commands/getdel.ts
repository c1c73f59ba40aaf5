import { bulk, NULL } from '../resp/reply.ts';
import { KEY } from './argument-docs.ts';
import { type Command, ONE_KEY } from './command.ts';

/** redis.io/commands/getdel */
export const getdel: Command = {
  name: 'getdel',
  arity: 2,
  flags: ['write', 'fast'],
  keys: ONE_KEY,
  group: 'string',
  since: '6.2.0',
  summary: 'Deletes a key and tells the value that it had.',
  complexity: 'O(1)',
  arguments: [KEY],
  runs: 'keys',
  execute({ keyspace, db }, args) {
    const key = args[1] ?? '';
    const lease = keyspace.read(db, key);
    if (lease === undefined) return NULL;
    keyspace.delete(db, key);
    return bulk(lease.value);
  },
};
