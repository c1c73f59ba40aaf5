import { bulk, NULL } from '../resp/reply.ts';
import { KEY } from './argument-docs.ts';
import { type Command, ONE_KEY } from './command.ts';

/** redis.io/commands/get */
export const get: Command = {
  name: 'get',
  arity: 2,
  flags: ['readonly', 'fast'],
  keys: ONE_KEY,
  group: 'string',
  since: '1.0.0',
  summary: 'Tells the value of a key: the owner of a lock.',
  complexity: 'O(1)',
  arguments: [KEY],
  runs: 'keys',
  execute({ keyspace, db }, args) {
    const lease = keyspace.read(db, args[1] ?? '');
    return lease === undefined ? NULL : bulk(lease.value);
  },
};
