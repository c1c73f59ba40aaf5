import { EXPIRE_CONDITION, KEY } from './argument-docs.ts';
import { type Command, ONE_KEY } from './command.ts';
import { expireKey } from './expire-key.ts';
import { UNIX_MILLISECONDS } from './expiry.ts';

const options = { unit: UNIX_MILLISECONDS, commandName: 'pexpireat' };

/** redis.io/commands/pexpireat */
export const pexpireat: Command = {
  name: 'pexpireat',
  arity: -3,
  flags: ['write', 'fast'],
  keys: ONE_KEY,
  group: 'generic',
  since: '2.6.0',
  summary: 'Lets a key expire at a wall time in milliseconds since 1970.',
  complexity: 'O(1)',
  arguments: [KEY, { name: 'unix-time-milliseconds', type: 'unix-time' }, EXPIRE_CONDITION],
  runs: 'keys',
  execute: (context, args) => expireKey(context, args, options),
};
