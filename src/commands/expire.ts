import { EXPIRE_CONDITION, KEY } from './argument-docs.ts';
import { type Command, ONE_KEY } from './command.ts';
import { expireKey } from './expire-key.ts';
import { SECONDS } from './expiry.ts';

const options = { unit: SECONDS, commandName: 'expire' };

/** redis.io/commands/expire */
export const expire: Command = {
  name: 'expire',
  arity: -3,
  flags: ['write', 'fast'],
  keys: ONE_KEY,
  group: 'generic',
  since: '1.0.0',
  summary: 'Lets a key expire after a number of seconds.',
  complexity: 'O(1)',
  arguments: [KEY, { name: 'seconds', type: 'integer' }, EXPIRE_CONDITION],
  runs: 'keys',
  execute: (context, args) => expireKey(context, args, options),
};
