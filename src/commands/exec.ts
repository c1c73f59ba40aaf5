import { error } from '../resp/reply.ts';
import { type Command, NO_KEYS } from './command.ts';

const WITHOUT_MULTI = error('ERR EXEC without MULTI');
const ABORTED = error('EXECABORT Transaction discarded because of previous errors.');

/**
 * redis.io/commands/exec. The queue runs as one unit, or not at all: after an error while queueing,
 * and when a watched key has changed.
 */
export const exec: Command = {
  name: 'exec',
  arity: 1,
  flags: ['noscript', 'loading', 'stale', 'skip_slowlog'],
  keys: NO_KEYS,
  group: 'transactions',
  since: '1.2.0',
  summary: 'Runs every queued command of the transaction as one unit.',
  complexity: 'The sum of the queued commands',
  arguments: [],
  runs: 'session',
  execute({ session }) {
    const { transaction } = session;
    if (transaction === undefined) return WITHOUT_MULTI;
    session.transaction = undefined;
    if (transaction.failed) {
      session.unwatch();
      return ABORTED;
    }
    return session.executeTransaction(transaction.queue);
  },
};
