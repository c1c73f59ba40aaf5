import { type Command, NO_KEYS } from './command.ts';
import { confirmEach, refuseSubscriptions } from './subscription-replies.ts';

/** redis.io/commands/subscribe */
export const subscribe: Command = {
  name: 'subscribe',
  arity: -2,
  flags: ['pubsub', 'noscript', 'loading', 'stale'],
  keys: NO_KEYS,
  group: 'pubsub',
  since: '2.0.0',
  summary: 'Delivers the messages of the channels to this session.',
  complexity: 'O(N) with N channels',
  arguments: [{ name: 'channel', type: 'string', multiple: true }],
  runs: 'session',
  execute(context, args) {
    const { session, server } = context;
    const channels = args.slice(1);
    return (
      refuseSubscriptions(context, channels) ??
      confirmEach(session, 'subscribe', channels, (channel) =>
        server.subscriptions.subscribe(session, channel),
      )
    );
  },
};
