import { NULL, ONE } from '../resp/reply.ts';
import { KEY, SUBCOMMAND_KEY } from './argument-docs.ts';
import type { Command } from './command.ts';

/** redis.io/commands/object-refcount. Redis shares small integers; values here are not shared. */
export const objectRefcount: Command = {
  name: 'object|refcount',
  arity: 3,
  flags: ['readonly'],
  keys: SUBCOMMAND_KEY,
  group: 'generic',
  since: '2.2.3',
  summary: 'Tells how often the value of a key is referred to: once.',
  complexity: 'O(1)',
  arguments: [KEY],
  runs: 'keys',
  execute: ({ keyspace, db }, args) =>
    keyspace.read(db, args[2] ?? '') === undefined ? NULL : ONE,
};
