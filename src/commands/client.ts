import { asciiUpper, type ByteString } from '../base/byte-string.ts';
import { bulk, error, integer, NONE, NULL, OK, type Reply } from '../resp/reply.ts';
import { word } from './argument-docs.ts';
import { clientKill } from './client-kill.ts';
import { clientInfo, clientList } from './client-list.ts';
import { libraryProblem, nameProblem } from './client-name.ts';
import { type Command, type CommandInfo, NO_KEYS } from './command.ts';
import type { SessionPort } from './session-port.ts';
import { SYNTAX_ERROR } from './syntax-error.ts';

const group = 'connection';
const flags: CommandInfo['flags'] = ['noscript', 'loading', 'stale'];
const complexity = 'O(1)';
const onOrOff: CommandInfo['arguments'] = [
  { name: 'enabled', type: 'oneof', arguments: ['ON', 'OFF'].map(word) },
];

const id: Command = {
  name: 'client|id',
  arity: 2,
  flags,
  keys: NO_KEYS,
  group,
  since: '5.0.0',
  summary: 'Tells the id of this connection.',
  complexity,
  arguments: [],
  runs: 'session',
  execute: ({ session }) => integer(session.id),
};

const getname: Command = {
  name: 'client|getname',
  arity: 2,
  flags,
  keys: NO_KEYS,
  group,
  since: '2.6.9',
  summary: 'Tells the name of this connection.',
  complexity,
  arguments: [],
  runs: 'session',
  execute: ({ session }) => (session.name === '' ? NULL : bulk(session.name)),
};

const setname: Command = {
  name: 'client|setname',
  arity: 3,
  flags,
  keys: NO_KEYS,
  group,
  since: '2.6.9',
  summary: 'Names this connection.',
  complexity,
  arguments: [{ name: 'connection-name', type: 'string' }],
  runs: 'session',
  execute: ({ session }, [, , name = '']) => {
    const problem = nameProblem(name);
    if (problem !== undefined) return problem;
    session.name = name;
    return OK;
  },
};

const setinfo: Command = {
  name: 'client|setinfo',
  arity: 4,
  flags,
  keys: NO_KEYS,
  group,
  since: '7.2.0',
  summary: 'Notes which library and which version of it this connection uses.',
  complexity,
  arguments: [
    {
      name: 'attr',
      type: 'oneof',
      arguments: [
        { name: 'libname', type: 'string', token: 'LIB-NAME' },
        { name: 'libver', type: 'string', token: 'LIB-VER' },
      ],
    },
  ],
  runs: 'session',
  execute: ({ session }, [, , attribute = '', value = '']): Reply => {
    const name = asciiUpper(attribute);
    if (name !== 'LIB-NAME' && name !== 'LIB-VER') {
      return error(`ERR Unrecognized option '${attribute}'`);
    }
    const problem = libraryProblem(attribute, value);
    if (problem !== undefined) return problem;
    if (name === 'LIB-NAME') session.clientLibraryName = value;
    else session.clientLibraryVersion = value;
    return OK;
  },
};

const reply: Command = {
  name: 'client|reply',
  arity: 3,
  flags,
  keys: NO_KEYS,
  group,
  since: '3.2.0',
  summary: 'Turns the replies of this connection on or off, or skips the next one.',
  complexity,
  arguments: [{ name: 'action', type: 'oneof', arguments: ['ON', 'OFF', 'SKIP'].map(word) }],
  runs: 'session',
  execute: ({ session }, [, , action = '']): Reply => {
    switch (asciiUpper(action)) {
      case 'ON':
        session.replyMode = 'on';
        return OK;
      case 'OFF':
        session.replyMode = 'off';
        return NONE;
      case 'SKIP':
        if (session.replyMode !== 'off') session.replyMode = 'skip-next';
        return NONE;
      default:
        return SYNTAX_ERROR;
    }
  },
};

const noEvict: Command = {
  name: 'client|no-evict',
  arity: 3,
  flags: ['admin', ...flags],
  keys: NO_KEYS,
  group,
  since: '7.0.0',
  summary: 'Notes that this connection is not to be evicted; none is.',
  complexity,
  arguments: onOrOff,
  runs: 'session',
  execute: ({ session }, [, , enabled = '']) => setSwitch(session, 'noEvict', enabled),
};

const noTouch: Command = {
  name: 'client|no-touch',
  arity: 3,
  flags,
  keys: NO_KEYS,
  group,
  since: '7.2.0',
  summary: 'Notes that this connection leaves the last use of keys alone; it is not kept.',
  complexity,
  arguments: onOrOff,
  runs: 'session',
  execute: ({ session }, [, , enabled = '']) => setSwitch(session, 'noTouch', enabled),
};

const getredir: Command = {
  name: 'client|getredir',
  arity: 2,
  flags,
  keys: NO_KEYS,
  group,
  since: '6.0.0',
  summary: 'Tells that there is no client-side caching: -1.',
  complexity,
  arguments: [],
  runs: 'session',
  execute: () => integer(-1),
};

/** redis.io/commands/client */
export const client: Command = {
  name: 'client',
  arity: -2,
  flags: [],
  keys: NO_KEYS,
  group,
  since: '2.4.0',
  summary: 'Tells about connections and changes them.',
  complexity: 'Depends on the subcommand.',
  arguments: [],
  subcommands: [
    getname,
    getredir,
    id,
    clientInfo,
    clientKill,
    clientList,
    noEvict,
    noTouch,
    reply,
    setinfo,
    setname,
  ],
  runs: 'container',
};

function setSwitch(session: SessionPort, name: 'noEvict' | 'noTouch', enabled: ByteString): Reply {
  const upper = asciiUpper(enabled);
  if (upper !== 'ON' && upper !== 'OFF') return SYNTAX_ERROR;
  session[name] = upper === 'ON';
  return OK;
}
