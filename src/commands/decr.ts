import { KEY } from './argument-docs.ts';
import { type Command, ONE_KEY } from './command.ts';
import { addToValue } from './counter.ts';

/** redis.io/commands/decr */
export const decr: Command = {
  name: 'decr',
  arity: 2,
  flags: ['write', 'denyoom', 'fast'],
  keys: ONE_KEY,
  group: 'string',
  since: '1.0.0',
  summary: 'Subtracts one from the integer that a key holds.',
  complexity: 'O(1)',
  arguments: [KEY],
  runs: 'keys',
  execute: (context, args) => addToValue(context, args[1] ?? '', -1),
};
