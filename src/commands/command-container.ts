import { asciiLower, asciiUpper, type ByteString } from '../base/byte-string.ts';
import { Glob } from '../base/glob.ts';
import {
  array,
  bulk,
  bulks,
  type ErrorReply,
  error,
  integer,
  NULL,
  type Reply,
} from '../resp/reply.ts';
import { hasArity } from './arity.ts';
import { type Command, type CommandInfo, type CommandTable, NO_KEYS } from './command.ts';
import { categoriesOf, commandsAndSubcommands } from './command-categories.ts';
import { docsReply } from './command-docs.ts';
import { infoReply, keyFlags } from './command-info.ts';
import { keysOf } from './key-positions.ts';
import { SYNTAX_ERROR } from './syntax-error.ts';

const group = 'server';
const flags: CommandInfo['flags'] = ['loading', 'stale'];
const names: CommandInfo['arguments'] = [
  { name: 'command-name', type: 'string', optional: true, multiple: true },
];
const fullCommand: CommandInfo['arguments'] = [
  { name: 'command', type: 'string' },
  { name: 'arg', type: 'string', multiple: true },
];

const INVALID_COMMAND = error('ERR Invalid command specified');
const INVALID_COUNT = error('ERR Invalid number of arguments specified for command');
const INVALID_ARGUMENTS = error('ERR Invalid arguments specified for command');
const NO_KEY_ARGUMENTS = error('ERR The command has no key arguments');

const count: Command = {
  name: 'command|count',
  arity: 2,
  flags,
  keys: NO_KEYS,
  group,
  since: '2.8.13',
  summary: 'Counts the commands.',
  complexity: 'O(1)',
  arguments: [],
  runs: 'session',
  execute: ({ commands }) => integer(commands.all.length),
};

const docs: Command = {
  name: 'command|docs',
  arity: -2,
  flags,
  keys: NO_KEYS,
  group,
  since: '7.0.0',
  summary: 'Tells what commands do and which arguments they take.',
  complexity: 'O(N) with N commands',
  arguments: names,
  runs: 'session',
  execute: ({ commands }, [, , ...asked]) => {
    if (asked.length === 0) return docsReply(commands.all);
    // A map has each name once, however often it was asked for.
    return docsReply([...new Set(asked.flatMap((name) => findByFullName(commands, name) ?? []))]);
  },
};

const info: Command = {
  name: 'command|info',
  arity: -2,
  flags,
  keys: NO_KEYS,
  group,
  since: '2.8.13',
  summary: 'Tells arity, flags and positions of keys of commands.',
  complexity: 'O(N) with N commands',
  arguments: names,
  runs: 'session',
  execute: ({ commands }, [, , ...asked]): Reply => {
    if (asked.length === 0) return array(commands.all.map(infoReply));
    const found = asked.map((name) => findByFullName(commands, name));
    return array(found.map((command) => (command === undefined ? NULL : infoReply(command))));
  },
};

const list: Command = {
  name: 'command|list',
  arity: -2,
  flags,
  keys: NO_KEYS,
  group,
  since: '7.0.0',
  summary: 'Lists the names of the commands, all or those that a filter lets through.',
  complexity: 'O(N) with N commands',
  arguments: [
    {
      name: 'filterby',
      type: 'oneof',
      token: 'FILTERBY',
      optional: true,
      arguments: [
        { name: 'module-name', type: 'string', token: 'MODULE' },
        { name: 'category', type: 'string', token: 'ACLCAT' },
        { name: 'pattern', type: 'pattern', token: 'PATTERN' },
      ],
    },
  ],
  runs: 'session',
  execute: ({ commands }, [, , ...options]): Reply => {
    if (options.length === 0) return bulks(commands.all.map(({ name }) => name));
    const [filterBy = '', kind = '', value = ''] = options;
    if (options.length !== 3 || asciiUpper(filterBy) !== 'FILTERBY') return SYNTAX_ERROR;
    const lets = filterOf(asciiUpper(kind), value);
    if (lets === undefined) return SYNTAX_ERROR;
    const found = commandsAndSubcommands(commands).filter(lets);
    return bulks(found.map(({ name }) => name));
  },
};

const getkeys: Command = {
  name: 'command|getkeys',
  arity: -4,
  flags,
  keys: NO_KEYS,
  group,
  since: '2.8.13',
  summary: 'Tells the keys of a whole command.',
  complexity: 'O(N) with N arguments',
  arguments: fullCommand,
  runs: 'session',
  execute: ({ commands }, [, , ...whole]): Reply => {
    const found = findKeys(commands, whole);
    return 'kind' in found ? found : bulks(found.keys);
  },
};

const getkeysandflags: Command = {
  name: 'command|getkeysandflags',
  arity: -4,
  flags,
  keys: NO_KEYS,
  group,
  since: '7.0.0',
  summary: 'Tells the keys of a whole command, and whether it may change them.',
  complexity: 'O(N) with N arguments',
  arguments: fullCommand,
  runs: 'session',
  execute: ({ commands }, [, , ...whole]): Reply => {
    const found = findKeys(commands, whole);
    if ('kind' in found) return found;
    return array(found.keys.map((key) => array([bulk(key), keyFlags(found.command)])));
  },
};

/** redis.io/commands/command */
export const command: Command = {
  name: 'command',
  arity: -1,
  flags,
  keys: NO_KEYS,
  group,
  since: '2.8.13',
  summary: 'Tells about all commands what COMMAND INFO tells about one.',
  complexity: 'O(N) with N commands',
  arguments: [],
  subcommands: [count, docs, getkeys, getkeysandflags, info, list],
  runs: 'session',
  execute: ({ commands }) => array(commands.all.map(infoReply)),
};

/** `get`, or `client|list`. */
function findByFullName(commands: CommandTable, name: ByteString): Command | undefined {
  const found = commands.find(name.split('|'));
  return found?.name === asciiLower(name) ? found : undefined;
}

function filterOf(kind: ByteString, value: ByteString): ((each: Command) => boolean) | undefined {
  switch (kind) {
    case 'MODULE':
      return () => false;
    case 'ACLCAT':
      return (each) => categoriesOf(each).some((category) => category === asciiLower(value));
    case 'PATTERN': {
      const glob = new Glob(value, { ignoreCase: true });
      return ({ name }) => glob.matches(name);
    }
    default:
      return undefined;
  }
}

function findKeys(
  commands: CommandTable,
  whole: readonly ByteString[],
): { readonly command: Command; readonly keys: readonly ByteString[] } | ErrorReply {
  const found = commands.find(whole);
  if (found === undefined) return INVALID_COMMAND;
  const { first, find } = found.keys;
  if (first === 0 && find === undefined) return NO_KEY_ARGUMENTS;
  if (!hasArity(found, whole.length)) return INVALID_COUNT;
  const keys = keysOf(found, whole) ?? [];
  if (keys.length > 0 || found.flags.includes('no_mandatory_keys')) return { command: found, keys };
  return INVALID_ARGUMENTS;
}
