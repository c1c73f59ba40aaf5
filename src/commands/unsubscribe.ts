import { type Command, NO_KEYS } from './command.ts';
import { confirmEach } from './subscription-replies.ts';

/** redis.io/commands/unsubscribe */
export const unsubscribe: Command = {
  name: 'unsubscribe',
  arity: -1,
  flags: ['pubsub', 'noscript', 'loading', 'stale'],
  keys: NO_KEYS,
  group: 'pubsub',
  since: '2.0.0',
  summary: 'Ends the delivery of the channels, or of all channels if none is named.',
  complexity: 'O(N) with N channels',
  arguments: [{ name: 'channel', type: 'string', optional: true, multiple: true }],
  runs: 'session',
  execute({ session, server }, args) {
    const channels = args.length > 1 ? args.slice(1) : [...session.channels];
    return confirmEach(session, 'unsubscribe', channels, (channel) =>
      server.subscriptions.unsubscribe(session, channel),
    );
  },
};
