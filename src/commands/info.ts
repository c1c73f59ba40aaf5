import { type Command, NO_KEYS } from './command.ts';

/** redis.io/commands/info; verbatim text in RESP3, as Redis. */
export const info: Command = {
  name: 'info',
  arity: -1,
  flags: ['loading', 'stale'],
  keys: NO_KEYS,
  group: 'server',
  since: '1.0.0',
  summary: 'Tells about the server by sections of fields.',
  complexity: 'O(1)',
  arguments: [{ name: 'section', type: 'string', optional: true, multiple: true }],
  runs: 'session',
  execute: ({ server }, [, ...sections]) => ({
    kind: 'verbatim',
    format: 'txt',
    value: server.info(sections),
  }),
};
