import { integer } from '../resp/reply.ts';
import { type Command, NO_KEYS } from './command.ts';

/**
 * redis.io/commands/publish. The message goes through the log and reaches subscribers when it is
 * committed; the reply counts those of this node that it will reach.
 */
export const publish: Command = {
  name: 'publish',
  arity: 3,
  flags: ['pubsub', 'loading', 'stale', 'fast'],
  keys: NO_KEYS,
  group: 'pubsub',
  since: '2.0.0',
  summary: 'Sends a message to the subscribers of a channel.',
  complexity: 'O(N+M) with N subscribers of the channel and M patterns',
  arguments: [
    { name: 'channel', type: 'string' },
    { name: 'message', type: 'string' },
  ],
  runs: 'channel',
  execute({ keyspace, server, meter }, args) {
    const [, channel = '', message = ''] = args;
    keyspace.publish(channel, message);
    return integer(server.subscriptions.receiverCount(channel, meter));
  },
};
