import { error } from '../resp/reply.ts';
import { KEY } from './argument-docs.ts';
import { type Command, ONE_KEY } from './command.ts';
import { addToValue } from './counter.ts';
import { addIntegers, NOT_AN_INTEGER, parseInteger } from './integer-argument.ts';

/** The smallest signed 64-bit integer has no counterpart that could be added. */
const OVERFLOW = error('ERR decrement would overflow');

/** redis.io/commands/decrby */
export const decrby: Command = {
  name: 'decrby',
  arity: 3,
  flags: ['write', 'denyoom', 'fast'],
  keys: ONE_KEY,
  group: 'string',
  since: '1.0.0',
  summary: 'Subtracts a number from the integer that a key holds.',
  complexity: 'O(1)',
  arguments: [KEY, { name: 'decrement', type: 'integer' }],
  runs: 'keys',
  execute(context, args) {
    const subtracted = parseInteger(args[2] ?? '');
    if (subtracted === undefined) return NOT_AN_INTEGER;
    const added = addIntegers(0, -subtracted);
    return added === undefined ? OVERFLOW : addToValue(context, args[1] ?? '', added);
  },
};
