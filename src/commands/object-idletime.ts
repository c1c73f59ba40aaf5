import { NULL, ZERO } from '../resp/reply.ts';
import { KEY, SUBCOMMAND_KEY } from './argument-docs.ts';
import type { Command } from './command.ts';

/** redis.io/commands/object-idletime. Nothing is evicted, so nothing depends on the use of keys. */
export const objectIdletime: Command = {
  name: 'object|idletime',
  arity: 3,
  flags: ['readonly'],
  keys: SUBCOMMAND_KEY,
  group: 'generic',
  since: '2.2.3',
  summary: 'Tells for how many seconds a key was not used; it is not tracked, and always 0.',
  complexity: 'O(1)',
  arguments: [KEY],
  runs: 'keys',
  execute: ({ keyspace, db }, args) =>
    keyspace.read(db, args[2] ?? '') === undefined ? NULL : ZERO,
};
