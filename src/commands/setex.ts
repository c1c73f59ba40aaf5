import { KEY, VALUE } from './argument-docs.ts';
import { type Command, ONE_KEY } from './command.ts';
import { SECONDS } from './expiry.ts';
import { setForTime } from './set-for-time.ts';

/** redis.io/commands/setex */
export const setex: Command = {
  name: 'setex',
  arity: 4,
  flags: ['write', 'denyoom'],
  keys: ONE_KEY,
  group: 'string',
  since: '2.0.0',
  summary: 'Gives a key a value for a number of seconds.',
  complexity: 'O(1)',
  arguments: [KEY, { name: 'seconds', type: 'integer' }, VALUE],
  runs: 'keys',
  execute: (context, args) => setForTime(context, args, { unit: SECONDS, commandName: 'setex' }),
};
