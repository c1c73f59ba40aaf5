import { KEY, VALUE } from './argument-docs.ts';
import { type Command, ONE_KEY } from './command.ts';
import { MILLISECONDS } from './expiry.ts';
import { setForTime } from './set-for-time.ts';

/** redis.io/commands/psetex */
export const psetex: Command = {
  name: 'psetex',
  arity: 4,
  flags: ['write', 'denyoom'],
  keys: ONE_KEY,
  group: 'string',
  since: '2.6.0',
  summary: 'Gives a key a value for a number of milliseconds.',
  complexity: 'O(1)',
  arguments: [KEY, { name: 'milliseconds', type: 'integer' }, VALUE],
  runs: 'keys',
  execute: (context, args) =>
    setForTime(context, args, { unit: MILLISECONDS, commandName: 'psetex' }),
};
