import { asciiUpper } from '../base/byte-string.ts';
import { error, NONE, type Reply } from '../resp/reply.ts';
import { type Command, NO_KEYS } from './command.ts';
import { SYNTAX_ERROR } from './syntax-error.ts';

const NOT_STOPPING = error('ERR No shutdown in progress.');

const modifiers = new Set(['SAVE', 'NOSAVE', 'NOW', 'FORCE']);

/**
 * redis.io/commands/shutdown. Every acknowledged change is on disk already, so the modifiers
 * change nothing: the server answers what is held, syncs and ends.
 */
export const shutdown: Command = {
  name: 'shutdown',
  arity: -1,
  flags: ['admin', 'noscript', 'loading', 'stale', 'no_multi', 'allow_busy'],
  keys: NO_KEYS,
  group: 'server',
  since: '1.0.0',
  summary: 'Stops the server after it has answered and synced what it holds.',
  complexity: 'O(1)',
  arguments: [
    {
      name: 'nosave_save',
      type: 'oneof',
      optional: true,
      arguments: [
        { name: 'nosave', type: 'pure-token', token: 'NOSAVE' },
        { name: 'save', type: 'pure-token', token: 'SAVE' },
      ],
    },
    { name: 'now', type: 'pure-token', token: 'NOW', optional: true },
    { name: 'force', type: 'pure-token', token: 'FORCE', optional: true },
    { name: 'abort', type: 'pure-token', token: 'ABORT', optional: true },
  ],
  runs: 'session',
  execute: ({ session, server }, [, ...given]): Reply => {
    const options = given.map(asciiUpper);
    if (options.length === 1 && options[0] === 'ABORT') return NOT_STOPPING;
    const contradicts = options.includes('SAVE') && options.includes('NOSAVE');
    if (contradicts || !options.every((option) => modifiers.has(option))) return SYNTAX_ERROR;
    server.shutdown();
    session.closeAfterReply();
    return NONE;
  },
};
