import { bulks } from '../resp/reply.ts';
import { type Command, NO_KEYS } from './command.ts';

/** redis.io/commands/time */
export const time: Command = {
  name: 'time',
  arity: 1,
  flags: ['loading', 'stale', 'fast'],
  keys: NO_KEYS,
  group: 'server',
  since: '2.6.0',
  summary: 'Tells the wall clock in seconds since 1970 and microseconds of the second.',
  complexity: 'O(1)',
  arguments: [],
  runs: 'session',
  execute: ({ server }) => {
    const micros = server.wallMicros();
    const seconds = Math.floor(micros / 1_000_000);
    return bulks([String(seconds), String(micros - seconds * 1_000_000)]);
  },
};
