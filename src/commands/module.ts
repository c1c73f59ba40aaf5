import { EMPTY_ARRAY } from '../resp/reply.ts';
import { type Command, NO_KEYS } from './command.ts';

const list: Command = {
  name: 'module|list',
  arity: 2,
  flags: ['admin', 'noscript'],
  keys: NO_KEYS,
  group: 'server',
  since: '4.0.0',
  summary: 'Lists the loaded modules: none.',
  complexity: 'O(1)',
  arguments: [],
  runs: 'session',
  execute: () => EMPTY_ARRAY,
};

/** redis.io/commands/module; Fencepost loads no modules, and clients ask for their list. */
export const module: Command = {
  name: 'module',
  arity: -2,
  flags: [],
  keys: NO_KEYS,
  group: 'server',
  since: '4.0.0',
  summary: 'Tells that no modules are loaded.',
  complexity: 'Depends on the subcommand.',
  arguments: [],
  subcommands: [list],
  runs: 'container',
};
