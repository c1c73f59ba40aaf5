import { KEY } from './argument-docs.ts';
import { type Command, ONE_KEY } from './command.ts';
import { remainingMs } from './expiry.ts';
import { secondsOf, tellExpiry } from './remaining-time.ts';

/** redis.io/commands/ttl */
export const ttl: Command = {
  name: 'ttl',
  arity: 2,
  flags: ['readonly', 'fast'],
  keys: ONE_KEY,
  group: 'generic',
  since: '1.0.0',
  summary: 'Tells in how many seconds a key expires.',
  complexity: 'O(1)',
  arguments: [KEY],
  runs: 'keys',
  execute: (context, args) =>
    tellExpiry(context, args, (at, lease) => secondsOf(remainingMs(at, lease))),
};
