import { KEYS } from './argument-docs.ts';
import { ALL_KEYS, type Command } from './command.ts';
import { countKeys } from './count-keys.ts';

/** redis.io/commands/exists */
export const exists: Command = {
  name: 'exists',
  arity: -2,
  flags: ['readonly', 'fast'],
  keys: ALL_KEYS,
  group: 'generic',
  since: '1.0.0',
  summary: 'Tells how many of the keys exist.',
  complexity: 'O(N) with N keys',
  arguments: [KEYS],
  runs: 'keys',
  execute: countKeys,
};
