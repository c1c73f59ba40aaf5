import { KEY } from './argument-docs.ts';
import { type Command, ONE_KEY } from './command.ts';
import { addToValue } from './counter.ts';
import { NOT_AN_INTEGER, parseInteger } from './integer-argument.ts';

/** redis.io/commands/incrby */
export const incrby: Command = {
  name: 'incrby',
  arity: 3,
  flags: ['write', 'denyoom', 'fast'],
  keys: ONE_KEY,
  group: 'string',
  since: '1.0.0',
  summary: 'Adds a number to the integer that a key holds.',
  complexity: 'O(1)',
  arguments: [KEY, { name: 'increment', type: 'integer' }],
  runs: 'keys',
  execute(context, args) {
    const added = parseInteger(args[2] ?? '');
    return added === undefined ? NOT_AN_INTEGER : addToValue(context, args[1] ?? '', added);
  },
};
