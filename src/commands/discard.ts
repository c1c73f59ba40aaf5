import { error, OK } from '../resp/reply.ts';
import { type Command, NO_KEYS } from './command.ts';

const WITHOUT_MULTI = error('ERR DISCARD without MULTI');

/** redis.io/commands/discard */
export const discard: Command = {
  name: 'discard',
  arity: 1,
  flags: ['noscript', 'loading', 'stale', 'fast', 'allow_busy'],
  keys: NO_KEYS,
  group: 'transactions',
  since: '2.0.0',
  summary: 'Forgets the queued commands of the transaction and ends all watches.',
  complexity: 'O(N) with N queued commands',
  arguments: [],
  runs: 'session',
  execute({ session }) {
    if (session.transaction === undefined) return WITHOUT_MULTI;
    session.transaction = undefined;
    session.unwatch();
    return OK;
  },
};
