import { KEY } from './argument-docs.ts';
import { type Command, ONE_KEY } from './command.ts';
import { rangeOfValue } from './getrange.ts';

/** redis.io/commands/substr: the name that GETRANGE had before Redis 2.0. */
export const substr: Command = {
  name: 'substr',
  arity: 4,
  flags: ['readonly'],
  keys: ONE_KEY,
  group: 'string',
  since: '1.0.0',
  summary: 'Tells a part of the value of a key, as GETRANGE does.',
  complexity: 'O(N) with N bytes of the part',
  arguments: [KEY, { name: 'start', type: 'integer' }, { name: 'end', type: 'integer' }],
  runs: 'keys',
  execute: rangeOfValue,
};
