import { KEY } from './argument-docs.ts';
import { type Command, ONE_KEY } from './command.ts';
import { unixMsOf } from './expiry.ts';
import { tellExpiry } from './remaining-time.ts';

/** redis.io/commands/pexpiretime */
export const pexpiretime: Command = {
  name: 'pexpiretime',
  arity: 2,
  flags: ['readonly', 'fast'],
  keys: ONE_KEY,
  group: 'generic',
  since: '7.0.0',
  summary: 'Tells the wall time in milliseconds since 1970 at which a key expires.',
  complexity: 'O(1)',
  arguments: [KEY],
  runs: 'keys',
  execute: (context, args) => tellExpiry(context, args, unixMsOf),
};
