import { error, OK, type Reply } from '../resp/reply.ts';
import { type Command, NO_KEYS } from './command.ts';
import { SYNTAX_ERROR } from './syntax-error.ts';

const NO_PASSWORD_IS_SET = error(
  'ERR AUTH <password> called without any password configured for the default user. ' +
    'Are you sure your configuration is correct?',
);

/** Also HELLO's answer. */
export const WRONG_PASSWORD = error(
  'WRONGPASS invalid username-password pair or user is disabled.',
);

/** redis.io/commands/auth; there is one user, `default`. */
export const auth: Command = {
  name: 'auth',
  arity: -2,
  flags: ['noscript', 'loading', 'stale', 'fast', 'no_auth', 'allow_busy'],
  keys: NO_KEYS,
  group: 'connection',
  since: '1.0.0',
  summary: 'Authenticates the connection by the password of the server.',
  complexity: 'O(1)',
  arguments: [
    { name: 'username', type: 'string', optional: true },
    { name: 'password', type: 'string' },
  ],
  runs: 'session',
  execute: ({ session, server }, args): Reply => {
    if (args.length > 3) return SYNTAX_ERROR;
    const named = args.length === 3;
    const [user = '', password = ''] = named ? args.slice(1) : ['default', ...args.slice(1)];
    const verdict = server.authenticate(user, password);
    if (verdict === 'unneeded' && !named) return NO_PASSWORD_IS_SET;
    if (verdict === 'refused') return WRONG_PASSWORD;
    session.authenticated = true;
    return OK;
  },
};
