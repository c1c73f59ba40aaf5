import { asciiLower, asciiUpper, type ByteString } from '../base/byte-string.ts';
import { type ErrorReply, error, type Reply } from '../resp/reply.ts';
import { word } from './argument-docs.ts';
import { type Command, NO_KEYS } from './command.ts';
import { parseInteger } from './integer-argument.ts';
import type { ServerPort } from './server-port.ts';
import { type SessionPort, subscriptionCount } from './session-port.ts';
import { SYNTAX_ERROR } from './syntax-error.ts';

const INVALID_ID = error('ERR Invalid client ID');

/** redis.io/commands/client-list; verbatim text in RESP3. */
export const clientList: Command = {
  name: 'client|list',
  arity: -2,
  flags: ['admin', 'noscript', 'loading', 'stale'],
  keys: NO_KEYS,
  group: 'connection',
  since: '2.4.0',
  summary: 'Lists the connections of this node, a line for each.',
  complexity: 'O(N) with N connections',
  arguments: [
    {
      name: 'client-type',
      type: 'oneof',
      token: 'TYPE',
      optional: true,
      arguments: ['NORMAL', 'MASTER', 'REPLICA', 'PUBSUB'].map(word),
    },
    { name: 'client-id', type: 'integer', token: 'ID', optional: true, multiple: true },
  ],
  runs: 'session',
  execute: ({ server }, [, , option, ...values]): Reply => {
    if (option === undefined) return listing(server, server.sessions.all());
    const [first] = values;
    if (asciiUpper(option) === 'TYPE' && first !== undefined && values.length === 1) {
      const type = clientTypeOf(first);
      if (type === undefined) return unknownType(first);
      const all = [...server.sessions.all()];
      return listing(
        server,
        all.filter((session) => hasType(session, type)),
      );
    }
    if (asciiUpper(option) !== 'ID' || first === undefined) return SYNTAX_ERROR;
    const ids = values.map(parseInteger);
    if (ids.includes(undefined)) return INVALID_ID;
    const found = ids.flatMap((id) => server.sessions.find(Number(id)) ?? []);
    return listing(server, found);
  },
};

/** redis.io/commands/client-info */
export const clientInfo: Command = {
  name: 'client|info',
  arity: 2,
  flags: ['noscript', 'loading', 'stale'],
  keys: NO_KEYS,
  group: 'connection',
  since: '6.2.0',
  summary: 'Tells about this connection in the line that CLIENT LIST has for it.',
  complexity: 'O(1)',
  arguments: [],
  runs: 'session',
  execute: ({ session, server }) => listing(server, [session]),
};

export type ClientType = 'normal' | 'replica' | 'pubsub';

/** The type that TYPE names; masters and replicas never connect here, but may be asked for. */
export function clientTypeOf(name: ByteString): ClientType | undefined {
  switch (asciiLower(name)) {
    case 'normal':
      return 'normal';
    case 'pubsub':
      return 'pubsub';
    case 'master':
    case 'replica':
    case 'slave':
      return 'replica';
    default:
      return undefined;
  }
}

export function unknownType(name: ByteString): ErrorReply {
  return error(`ERR Unknown client type '${name}'`);
}

export function hasType(session: SessionPort, type: ClientType): boolean {
  return type === (subscriptionCount(session) > 0 ? 'pubsub' : 'normal');
}

function listing(server: ServerPort, sessions: Iterable<SessionPort>): Reply {
  const nowMs = server.wallMicros() / 1000;
  const lines = Array.from(sessions, (session) => `${lineOf(session, nowMs)}\n`);
  return { kind: 'verbatim', format: 'txt', value: lines.join('') };
}

/** The fields of Redis 7.2 in their order. Those about memory that Node does not tell are 0. */
function lineOf(session: SessionPort, nowMs: number): ByteString {
  const { transaction, queryBytes, outputBytes } = session;
  const fields: Readonly<Record<string, ByteString | number>> = {
    id: session.id,
    addr: session.peerAddress,
    laddr: session.localAddress,
    fd: -1,
    name: session.name,
    age: secondsBetween(session.connectedAtMs, nowMs),
    idle: secondsBetween(session.lastActiveAtMs, nowMs),
    flags: flagsOf(session),
    db: session.db,
    sub: session.channels.size,
    psub: session.patterns.size,
    ssub: 0,
    multi: transaction === undefined ? -1 : transaction.queue.length,
    watch: session.watchedKeys.length,
    qbuf: queryBytes,
    'qbuf-free': 0,
    'argv-mem': 0,
    'multi-mem': transaction?.bytes ?? 0,
    rbs: 0,
    rbp: 0,
    obl: 0,
    oll: 0,
    omem: outputBytes,
    'tot-mem': queryBytes + outputBytes + (transaction?.bytes ?? 0),
    events: 'r',
    cmd: session.lastCommandName === '' ? 'NULL' : session.lastCommandName,
    user: 'default',
    redir: -1,
    resp: session.protocol,
    'lib-name': session.clientLibraryName,
    'lib-ver': session.clientLibraryVersion,
  };
  return Object.entries(fields)
    .map(([name, value]) => `${name}=${value}`)
    .join(' ');
}

function flagsOf(session: SessionPort): ByteString {
  const flags = [
    subscriptionCount(session) > 0 ? 'P' : '',
    session.transaction === undefined ? '' : 'x',
    session.noEvict ? 'e' : '',
    session.noTouch ? 'T' : '',
  ].join('');
  return flags === '' ? 'N' : flags;
}

function secondsBetween(fromMs: number, toMs: number): number {
  return Math.max(0, Math.floor((toMs - fromMs) / 1000));
}
