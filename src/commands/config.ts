import { bulk, error, OK, type Reply } from '../resp/reply.ts';
import { type Command, type CommandInfo, NO_KEYS } from './command.ts';
import { SYNTAX_ERROR } from './syntax-error.ts';

const group = 'server';
const flags: CommandInfo['flags'] = ['admin', 'noscript', 'loading', 'stale'];

const NO_FILE = error('ERR The server is running without a config file');

const get: Command = {
  name: 'config|get',
  arity: -3,
  flags,
  keys: NO_KEYS,
  group,
  since: '2.0.0',
  summary: 'Tells the settings whose names match one of the patterns.',
  complexity: 'O(N) with N settings',
  arguments: [{ name: 'parameter', type: 'string', multiple: true }],
  runs: 'session',
  execute: ({ server }, [, , ...patterns]): Reply => ({
    kind: 'map',
    entries: server.config.match(patterns).map(([name, value]) => [bulk(name), bulk(value)]),
  }),
};

const set: Command = {
  name: 'config|set',
  arity: -4,
  flags,
  keys: NO_KEYS,
  group,
  since: '2.0.0',
  summary: 'Changes settings until the server stops: all of those given, or none.',
  complexity: 'O(N) with N settings',
  arguments: [
    {
      name: 'data',
      type: 'block',
      multiple: true,
      arguments: [
        { name: 'parameter', type: 'string' },
        { name: 'value', type: 'string' },
      ],
    },
  ],
  runs: 'session',
  execute: ({ server }, args): Reply => {
    if (args.length % 2 !== 0) return SYNTAX_ERROR;
    const pairs: (readonly [string, string])[] = [];
    for (let at = 2; at < args.length; at += 2) pairs.push([args[at] ?? '', args[at + 1] ?? '']);
    return server.config.set(pairs) ?? OK;
  },
};

const resetstat: Command = {
  name: 'config|resetstat',
  arity: 2,
  flags,
  keys: NO_KEYS,
  group,
  since: '2.0.0',
  summary: 'Sets the counters of INFO to zero.',
  complexity: 'O(1)',
  arguments: [],
  runs: 'session',
  execute: ({ server }) => {
    server.config.resetStatistics();
    return OK;
  },
};

const rewrite: Command = {
  name: 'config|rewrite',
  arity: 2,
  flags,
  keys: NO_KEYS,
  group,
  since: '2.8.0',
  summary: 'Answers that there is no file of settings to rewrite.',
  complexity: 'O(1)',
  arguments: [],
  runs: 'session',
  execute: () => NO_FILE,
};

/** redis.io/commands/config */
export const config: Command = {
  name: 'config',
  arity: -2,
  flags: [],
  keys: NO_KEYS,
  group,
  since: '2.0.0',
  summary: 'Tells the settings of the server and changes them.',
  complexity: 'Depends on the subcommand.',
  arguments: [],
  subcommands: [get, resetstat, rewrite, set],
  runs: 'container',
};
