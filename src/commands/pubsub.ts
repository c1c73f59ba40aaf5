import type { ByteString } from '../base/byte-string.ts';
import {
  array,
  bulk,
  bulks,
  EMPTY_ARRAY,
  error,
  integer,
  type Reply,
  ZERO,
} from '../resp/reply.ts';
import { type ArgumentDoc, type Command, type CommandInfo, NO_KEYS } from './command.ts';

const group = 'pubsub';
const flags: CommandInfo['flags'] = ['pubsub', 'loading', 'stale'];
const patternArgument: ArgumentDoc = { name: 'pattern', type: 'pattern', optional: true };

const channels: Command = {
  name: 'pubsub|channels',
  arity: -2,
  flags,
  keys: NO_KEYS,
  group,
  since: '2.8.0',
  summary: 'Lists the channels that have a subscriber on this node.',
  complexity: 'O(N) with N channels',
  arguments: [patternArgument],
  runs: 'session',
  execute({ server, meter }, args) {
    if (args.length > 3) return tooManyArguments(args);
    return bulks(server.subscriptions.channels(args[2], meter));
  },
};

const numsub: Command = {
  name: 'pubsub|numsub',
  arity: -2,
  flags,
  keys: NO_KEYS,
  group,
  since: '2.8.0',
  summary: 'Tells how many sessions of this node subscribe to each channel.',
  complexity: 'O(N) with N channels',
  arguments: [{ name: 'channel', type: 'string', optional: true, multiple: true }],
  runs: 'session',
  execute({ server }, args) {
    return counts(args, (channel) => integer(server.subscriptions.subscriberCount(channel)));
  },
};

const numpat: Command = {
  name: 'pubsub|numpat',
  arity: 2,
  flags,
  keys: NO_KEYS,
  group,
  since: '2.8.0',
  summary: 'Tells how many patterns sessions of this node subscribe to.',
  complexity: 'O(1)',
  arguments: [],
  runs: 'session',
  execute({ server }) {
    return integer(server.subscriptions.patternCount());
  },
};

/** There are no sharded channels: a message to any channel reaches subscribers everywhere. */
const shardchannels: Command = {
  name: 'pubsub|shardchannels',
  arity: -2,
  flags,
  keys: NO_KEYS,
  group,
  since: '7.0.0',
  summary: 'Lists the sharded channels that have a subscriber: there are none.',
  complexity: 'O(1)',
  arguments: [patternArgument],
  runs: 'session',
  execute(_context, args) {
    return args.length > 3 ? tooManyArguments(args) : EMPTY_ARRAY;
  },
};

const shardnumsub: Command = {
  name: 'pubsub|shardnumsub',
  arity: -2,
  flags,
  keys: NO_KEYS,
  group,
  since: '7.0.0',
  summary: 'Tells how many sessions subscribe to each sharded channel: none.',
  complexity: 'O(N) with N channels',
  arguments: [{ name: 'shardchannel', type: 'string', optional: true, multiple: true }],
  runs: 'session',
  execute(_context, args) {
    return counts(args, () => ZERO);
  },
};

/** redis.io/commands/pubsub */
export const pubsub: Command = {
  name: 'pubsub',
  arity: -2,
  flags: [],
  keys: NO_KEYS,
  group,
  since: '2.8.0',
  summary: 'Tells about channels and their subscribers.',
  complexity: 'Depends on the subcommand.',
  arguments: [],
  subcommands: [channels, numpat, numsub, shardchannels, shardnumsub],
  runs: 'container',
};

function counts(args: readonly ByteString[], countOf: (channel: ByteString) => Reply): Reply {
  return array(args.slice(2).flatMap((channel) => [bulk(channel), countOf(channel)]));
}

function tooManyArguments(args: readonly ByteString[]): Reply {
  const name = args[1] ?? '';
  return error(
    `ERR unknown subcommand or wrong number of arguments for '${name}'. Try PUBSUB HELP.`,
  );
}
