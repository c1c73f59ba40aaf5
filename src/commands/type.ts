import { simple } from '../resp/reply.ts';
import { KEY } from './argument-docs.ts';
import { type Command, ONE_KEY } from './command.ts';

const STRING = simple('string');
const NOTHING = simple('none');

/** redis.io/commands/type. Every key holds a string. */
export const type: Command = {
  name: 'type',
  arity: 2,
  flags: ['readonly', 'fast'],
  keys: ONE_KEY,
  group: 'generic',
  since: '1.0.0',
  summary: 'Tells the type of what a key holds: string, or none.',
  complexity: 'O(1)',
  arguments: [KEY],
  runs: 'keys',
  execute: ({ keyspace, db }, args) =>
    keyspace.read(db, args[1] ?? '') === undefined ? NOTHING : STRING,
};
