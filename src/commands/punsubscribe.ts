import { type Command, NO_KEYS } from './command.ts';
import { confirmEach } from './subscription-replies.ts';

/** redis.io/commands/punsubscribe */
export const punsubscribe: Command = {
  name: 'punsubscribe',
  arity: -1,
  flags: ['pubsub', 'noscript', 'loading', 'stale'],
  keys: NO_KEYS,
  group: 'pubsub',
  since: '2.0.0',
  summary: 'Ends the delivery for the patterns, or for all patterns if none is named.',
  complexity: 'O(N) with N patterns',
  arguments: [{ name: 'pattern', type: 'pattern', optional: true, multiple: true }],
  runs: 'session',
  execute({ session, server }, args) {
    const patterns = args.length > 1 ? args.slice(1) : [...session.patterns];
    return confirmEach(session, 'punsubscribe', patterns, (pattern) =>
      server.subscriptions.unsubscribePattern(session, pattern),
    );
  },
};
