import { error, OK } from '../resp/reply.ts';
import { type Command, NO_KEYS } from './command.ts';

const NESTED = error('ERR MULTI calls can not be nested');

/** redis.io/commands/multi. While the transaction is open, dispatch queues what comes. */
export const multi: Command = {
  name: 'multi',
  arity: 1,
  flags: ['noscript', 'loading', 'stale', 'fast', 'allow_busy'],
  keys: NO_KEYS,
  group: 'transactions',
  since: '1.2.0',
  summary: 'Begins a transaction: the commands that follow are queued until EXEC.',
  complexity: 'O(1)',
  arguments: [],
  runs: 'session',
  execute({ session }) {
    if (session.transaction !== undefined) return NESTED;
    session.transaction = { queue: [], bytes: 0, failed: false };
    return OK;
  },
};
