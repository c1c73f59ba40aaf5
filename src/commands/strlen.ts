import { integer, ZERO } from '../resp/reply.ts';
import { KEY } from './argument-docs.ts';
import { type Command, ONE_KEY } from './command.ts';

/** redis.io/commands/strlen */
export const strlen: Command = {
  name: 'strlen',
  arity: 2,
  flags: ['readonly', 'fast'],
  keys: ONE_KEY,
  group: 'string',
  since: '2.2.0',
  summary: 'Tells how many bytes the value of a key has.',
  complexity: 'O(1)',
  arguments: [KEY],
  runs: 'keys',
  execute({ keyspace, db }, args) {
    const lease = keyspace.read(db, args[1] ?? '');
    return lease === undefined ? ZERO : integer(lease.value.length);
  },
};
