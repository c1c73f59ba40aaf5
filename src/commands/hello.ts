import { asciiUpper, type ByteString } from '../base/byte-string.ts';
import { bulk, EMPTY_ARRAY, type ErrorReply, error, integer, type Reply } from '../resp/reply.ts';
import { WRONG_PASSWORD } from './auth.ts';
import { nameProblem } from './client-name.ts';
import { clusterOf } from './cluster-view.ts';
import { type Command, NO_KEYS } from './command.ts';
import type { SessionContext } from './context.ts';
import { parseInteger } from './integer-argument.ts';

const NOT_A_VERSION = error('ERR Protocol version is not an integer or out of range');
const NO_SUCH_PROTOCOL = error('NOPROTO unsupported protocol version');
const NOT_AUTHENTICATED = error(
  'NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO AUTH ' +
    '<user> <pass> option can be used to authenticate the client and select the RESP protocol ' +
    'version at the same time',
);

/** redis.io/commands/hello */
export const hello: Command = {
  name: 'hello',
  arity: -1,
  flags: ['noscript', 'loading', 'stale', 'fast', 'no_auth', 'allow_busy'],
  keys: NO_KEYS,
  group: 'connection',
  since: '6.0.0',
  summary: 'Chooses the protocol, and may authenticate and name the connection.',
  complexity: 'O(1)',
  arguments: [
    {
      name: 'arguments',
      type: 'block',
      optional: true,
      arguments: [
        { name: 'protover', type: 'integer' },
        {
          name: 'username_password',
          type: 'block',
          token: 'AUTH',
          optional: true,
          arguments: [
            { name: 'username', type: 'string' },
            { name: 'password', type: 'string' },
          ],
        },
        { name: 'clientname', type: 'string', token: 'SETNAME', optional: true },
      ],
    },
  ],
  runs: 'session',
  execute: (context, [, version, ...options]): Reply => {
    const { session } = context;
    if (version !== undefined) {
      if (parseInteger(version) === undefined) return NOT_A_VERSION;
      if (version !== '2' && version !== '3') return NO_SUCH_PROTOCOL;
    }
    const wishes = readOptions(options);
    if (wishes.kind === 'error') return wishes;
    const problem = applyOptions(context, wishes);
    if (problem !== undefined) return problem;
    if (version !== undefined) session.protocol = version === '3' ? 3 : 2;
    return greeting(context);
  },
};

interface Wishes {
  readonly kind: 'wishes';
  readonly user: ByteString;
  readonly password: ByteString | undefined;
  readonly name: ByteString | undefined;
}

function readOptions(options: readonly ByteString[]): Wishes | ErrorReply {
  let wishes: Wishes = { kind: 'wishes', user: '', password: undefined, name: undefined };
  for (let at = 0; at < options.length; ) {
    const option = options[at] ?? '';
    const [first, second] = options.slice(at + 1, at + 3);
    if (asciiUpper(option) === 'AUTH' && first !== undefined && second !== undefined) {
      wishes = { ...wishes, user: first, password: second };
      at += 3;
    } else if (asciiUpper(option) === 'SETNAME' && first !== undefined) {
      const problem = nameProblem(first);
      if (problem !== undefined) return problem;
      wishes = { ...wishes, name: first };
      at += 2;
    } else {
      return error(`ERR Syntax error in HELLO option '${option}'`);
    }
  }
  return wishes;
}

/** Nothing of HELLO takes effect if the password is wrong or missing. */
function applyOptions(
  { session, server }: SessionContext,
  { user, password, name }: Wishes,
): ErrorReply | undefined {
  if (password !== undefined) {
    if (server.authenticate(user, password) === 'refused') return WRONG_PASSWORD;
    session.authenticated = true;
  }
  if (!session.authenticated) return NOT_AUTHENTICATED;
  if (name !== undefined) session.name = name;
  return undefined;
}

function greeting({ session, server }: SessionContext): Reply {
  return {
    kind: 'map',
    entries: [
      [bulk('server'), bulk('redis')],
      [bulk('version'), bulk(server.redisVersion)],
      [bulk('proto'), integer(session.protocol)],
      [bulk('id'), integer(session.id)],
      [bulk('mode'), bulk(clusterOf(server).enabled ? 'cluster' : 'standalone')],
      [bulk('role'), bulk('master')],
      [bulk('modules'), EMPTY_ARRAY],
    ],
  };
}
