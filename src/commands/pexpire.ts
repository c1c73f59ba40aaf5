import { EXPIRE_CONDITION, KEY } from './argument-docs.ts';
import { type Command, ONE_KEY } from './command.ts';
import { expireKey } from './expire-key.ts';
import { MILLISECONDS } from './expiry.ts';

const options = { unit: MILLISECONDS, commandName: 'pexpire' };

/** redis.io/commands/pexpire */
export const pexpire: Command = {
  name: 'pexpire',
  arity: -3,
  flags: ['write', 'fast'],
  keys: ONE_KEY,
  group: 'generic',
  since: '2.6.0',
  summary: 'Lets a key expire after a number of milliseconds.',
  complexity: 'O(1)',
  arguments: [KEY, { name: 'milliseconds', type: 'integer' }, EXPIRE_CONDITION],
  runs: 'keys',
  execute: (context, args) => expireKey(context, args, options),
};
