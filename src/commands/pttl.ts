import { KEY } from './argument-docs.ts';
import { type Command, ONE_KEY } from './command.ts';
import { remainingMs } from './expiry.ts';
import { tellExpiry } from './remaining-time.ts';

/** redis.io/commands/pttl */
export const pttl: Command = {
  name: 'pttl',
  arity: 2,
  flags: ['readonly', 'fast'],
  keys: ONE_KEY,
  group: 'generic',
  since: '2.6.0',
  summary: 'Tells in how many milliseconds a key expires.',
  complexity: 'O(1)',
  arguments: [KEY],
  runs: 'keys',
  execute: (context, args) => tellExpiry(context, args, remainingMs),
};
