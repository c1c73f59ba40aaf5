import { OK } from '../resp/reply.ts';
import { type Command, NO_KEYS } from './command.ts';

/** redis.io/commands/unwatch */
export const unwatch: Command = {
  name: 'unwatch',
  arity: 1,
  flags: ['noscript', 'loading', 'stale', 'fast', 'allow_busy'],
  keys: NO_KEYS,
  group: 'transactions',
  since: '2.2.0',
  summary: 'Ends all watches of the session.',
  complexity: 'O(1)',
  arguments: [],
  runs: 'session',
  execute({ session }) {
    session.unwatch();
    return OK;
  },
};
