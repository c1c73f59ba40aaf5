import { type Command, NO_KEYS } from './command.ts';
import { confirmEach, refuseSubscriptions } from './subscription-replies.ts';

/** redis.io/commands/psubscribe */
export const psubscribe: Command = {
  name: 'psubscribe',
  arity: -2,
  flags: ['pubsub', 'noscript', 'loading', 'stale'],
  keys: NO_KEYS,
  group: 'pubsub',
  since: '2.0.0',
  summary: 'Delivers the messages of all channels that match a pattern to this session.',
  complexity: 'O(N) with N patterns',
  arguments: [{ name: 'pattern', type: 'pattern', multiple: true }],
  runs: 'session',
  execute(context, args) {
    const { session, server } = context;
    const patterns = args.slice(1);
    return (
      refuseSubscriptions(context, patterns) ??
      confirmEach(session, 'psubscribe', patterns, (pattern) =>
        server.subscriptions.subscribePattern(session, pattern),
      )
    );
  },
};
