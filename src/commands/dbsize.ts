import { integer } from '../resp/reply.ts';
import { type Command, NO_KEYS } from './command.ts';

/** redis.io/commands/dbsize */
export const dbsize: Command = {
  name: 'dbsize',
  arity: 1,
  flags: ['readonly', 'fast'],
  keys: NO_KEYS,
  group: 'server',
  since: '1.0.0',
  summary: 'Tells how many keys the database has.',
  complexity: 'O(1)',
  arguments: [],
  runs: 'every',
  execute: ({ keyspace, db }) => integer(keyspace.size(db)),
  merge: (replies) => {
    let sum = 0;
    for (const reply of replies) if (reply.kind === 'integer') sum += Number(reply.value);
    return integer(sum);
  },
};
