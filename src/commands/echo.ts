import { bulk } from '../resp/reply.ts';
import { type Command, NO_KEYS } from './command.ts';

/** redis.io/commands/echo */
export const echo: Command = {
  name: 'echo',
  arity: 2,
  flags: ['loading', 'stale', 'fast'],
  keys: NO_KEYS,
  group: 'connection',
  since: '1.0.0',
  summary: 'Answers with the bytes that it was given.',
  complexity: 'O(1)',
  arguments: [{ name: 'message', type: 'string' }],
  runs: 'session',
  execute: (_context, [, message = '']) => bulk(message),
};
