import { OK } from '../resp/reply.ts';
import { type Command, NO_KEYS } from './command.ts';

/** redis.io/commands/quit */
export const quit: Command = {
  name: 'quit',
  arity: -1,
  flags: ['noscript', 'loading', 'stale', 'fast', 'no_auth', 'allow_busy'],
  keys: NO_KEYS,
  group: 'connection',
  since: '1.0.0',
  summary: 'Closes the connection after its reply.',
  complexity: 'O(1)',
  arguments: [],
  runs: 'session',
  execute: ({ session }) => {
    session.closeAfterReply();
    return OK;
  },
};
