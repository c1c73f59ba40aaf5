import { EXPIRE_CONDITION, KEY } from './argument-docs.ts';
import { type Command, ONE_KEY } from './command.ts';
import { expireKey } from './expire-key.ts';
import { UNIX_SECONDS } from './expiry.ts';

const options = { unit: UNIX_SECONDS, commandName: 'expireat' };

/** redis.io/commands/expireat */
export const expireat: Command = {
  name: 'expireat',
  arity: -3,
  flags: ['write', 'fast'],
  keys: ONE_KEY,
  group: 'generic',
  since: '1.2.0',
  summary: 'Lets a key expire at a wall time in seconds since 1970.',
  complexity: 'O(1)',
  arguments: [KEY, { name: 'unix-time-seconds', type: 'unix-time' }, EXPIRE_CONDITION],
  runs: 'keys',
  execute: (context, args) => expireKey(context, args, options),
};
