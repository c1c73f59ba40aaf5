import { simple } from '../resp/reply.ts';
import { type Command, NO_KEYS } from './command.ts';

const RESET = simple('RESET');

/** redis.io/commands/reset */
export const reset: Command = {
  name: 'reset',
  arity: 1,
  flags: ['noscript', 'loading', 'stale', 'fast', 'no_auth', 'allow_busy'],
  keys: NO_KEYS,
  group: 'connection',
  since: '6.2.0',
  summary: 'Makes the connection what it was when it was new.',
  complexity: 'O(1)',
  arguments: [],
  runs: 'session',
  execute: ({ session, server }) => {
    for (const channel of [...session.channels]) server.subscriptions.unsubscribe(session, channel);
    for (const pattern of [...session.patterns]) {
      server.subscriptions.unsubscribePattern(session, pattern);
    }
    session.unwatch();
    session.transaction = undefined;
    session.db = 0;
    session.protocol = 2;
    session.name = '';
    session.noEvict = false;
    session.noTouch = false;
    session.replyMode = 'on';
    session.authenticated = server.authenticate('default', '') === 'unneeded';
    return RESET;
  },
};
