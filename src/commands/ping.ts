import { bulk, bulks, simple } from '../resp/reply.ts';
import { wrongArity } from './arity.ts';
import { type Command, NO_KEYS } from './command.ts';
import { subscriptionCount } from './session-port.ts';

const PONG = simple('PONG');

/** redis.io/commands/ping */
export const ping: Command = {
  name: 'ping',
  arity: -1,
  flags: ['fast'],
  keys: NO_KEYS,
  group: 'connection',
  since: '1.0.0',
  summary: 'Answers PONG, or the message that it was given.',
  complexity: 'O(1)',
  arguments: [{ name: 'message', type: 'string', optional: true }],
  runs: 'session',
  execute: ({ session }, args) => {
    if (args.length > 2) return wrongArity('ping');
    const [, message] = args;
    // RESP2 has no pushes: a subscriber tells replies from messages by their shape.
    if (session.protocol === 2 && subscriptionCount(session) > 0)
      return bulks(['pong', message ?? '']);
    return message === undefined ? PONG : bulk(message);
  },
};
