import { asciiUpper, type ByteString } from '../base/byte-string.ts';
import { type ErrorReply, error, integer, OK, type Reply } from '../resp/reply.ts';
import { word } from './argument-docs.ts';
import { clientTypeOf, hasType, unknownType } from './client-list.ts';
import { type ArgumentDoc, type Command, NO_KEYS } from './command.ts';
import type { SessionContext } from './context.ts';
import { parseInteger } from './integer-argument.ts';
import type { SessionPort } from './session-port.ts';
import { SYNTAX_ERROR } from './syntax-error.ts';

const NO_SUCH_CLIENT = error('ERR No such client');
const BAD_ID = error('ERR client-id should be greater than 0');
const AGE_NOT_AN_INTEGER = error('ERR maxage is not an integer or out of range');
const BAD_AGE = error('ERR maxage should be greater than 0');

const filterDocs: readonly ArgumentDoc[] = [
  { name: 'client-id', type: 'integer', token: 'ID', optional: true },
  {
    name: 'client-type',
    type: 'oneof',
    token: 'TYPE',
    optional: true,
    arguments: ['NORMAL', 'MASTER', 'SLAVE', 'REPLICA', 'PUBSUB'].map(word),
  },
  { name: 'username', type: 'string', token: 'USER', optional: true },
  { name: 'addr', type: 'string', token: 'ADDR', optional: true },
  { name: 'laddr', type: 'string', token: 'LADDR', optional: true },
  {
    name: 'skipme',
    type: 'oneof',
    token: 'SKIPME',
    optional: true,
    arguments: ['YES', 'NO'].map(word),
  },
  { name: 'maxage', type: 'integer', token: 'MAXAGE', optional: true },
];

/** redis.io/commands/client-kill: by an address, or by filters that must all fit. */
export const clientKill: Command = {
  name: 'client|kill',
  arity: -3,
  flags: ['admin', 'noscript', 'loading', 'stale'],
  keys: NO_KEYS,
  group: 'connection',
  since: '2.4.0',
  summary: 'Ends the connections of this node that fit all filters.',
  complexity: 'O(N) with N connections',
  arguments: [
    {
      name: 'filter',
      type: 'oneof',
      arguments: [
        { name: 'ip:port', type: 'string' },
        { name: 'new-format', type: 'oneof', multiple: true, arguments: filterDocs },
      ],
    },
  ],
  runs: 'session',
  execute: (context, [, , ...options]): Reply => {
    const [address, second] = options;
    if (second === undefined) return killByAddress(context, address ?? '');
    const filters = readFilters(context, options);
    if ('kind' in filters) return filters;
    const { session: self, server } = context;
    let count = 0;
    for (const session of server.sessions.all()) {
      if (filters.skipSelf && session === self) continue;
      if (!filters.fits.every((fits) => fits(session))) continue;
      end(context, session);
      count += 1;
    }
    return integer(count);
  },
};

type Fits = (session: SessionPort) => boolean;

interface Filters {
  readonly fits: readonly Fits[];
  readonly skipSelf: boolean;
}

function killByAddress(context: SessionContext, address: ByteString): Reply {
  for (const session of context.server.sessions.all()) {
    if (session.peerAddress !== address) continue;
    end(context, session);
    return OK;
  }
  return NO_SUCH_CLIENT;
}

/** Who kills its own connection still gets the reply. */
function end({ session: self }: SessionContext, session: SessionPort): void {
  if (session === self) session.closeAfterReply();
  else session.destroy();
}

function readFilters(
  context: SessionContext,
  options: readonly ByteString[],
): Filters | ErrorReply {
  const fits: Fits[] = [];
  let skipSelf = true;
  for (let at = 0; at < options.length; at += 2) {
    const value = options[at + 1];
    if (value === undefined) return SYNTAX_ERROR;
    const name = asciiUpper(options[at] ?? '');
    if (name === 'SKIPME') {
      const choice = asciiUpper(value);
      if (choice !== 'YES' && choice !== 'NO') return SYNTAX_ERROR;
      skipSelf = choice === 'YES';
      continue;
    }
    const filter = readFilter(context, name, value);
    if (typeof filter !== 'function') return filter;
    fits.push(filter);
  }
  return { fits, skipSelf };
}

function readFilter(
  { server }: SessionContext,
  name: ByteString,
  value: ByteString,
): Fits | ErrorReply {
  switch (name) {
    case 'ID': {
      const id = parseInteger(value);
      if (id === undefined || id < 1) return BAD_ID;
      return (session) => session.id === id;
    }
    case 'TYPE': {
      const type = clientTypeOf(value);
      return type === undefined ? unknownType(value) : (session) => hasType(session, type);
    }
    case 'USER':
      return value === 'default' ? () => true : error(`ERR No such user '${value}'`);
    case 'ADDR':
      return (session) => session.peerAddress === value;
    case 'LADDR':
      return (session) => session.localAddress === value;
    case 'MAXAGE': {
      const seconds = parseInteger(value);
      if (seconds === undefined) return AGE_NOT_AN_INTEGER;
      if (seconds < 1) return BAD_AGE;
      const bornBeforeMs = server.wallMicros() / 1000 - Number(seconds) * 1000;
      return (session) => session.connectedAtMs <= bornBeforeMs;
    }
    default:
      return SYNTAX_ERROR;
  }
}
