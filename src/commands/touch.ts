import { KEYS } from './argument-docs.ts';
import { ALL_KEYS, type Command } from './command.ts';
import { countKeys } from './count-keys.ts';

/** redis.io/commands/touch */
export const touch: Command = {
  name: 'touch',
  arity: -2,
  flags: ['readonly', 'fast'],
  keys: ALL_KEYS,
  group: 'generic',
  since: '3.2.1',
  summary: 'Tells how many of the keys exist; nothing here depends on when a key was read.',
  complexity: 'O(N) with N keys',
  arguments: [KEYS],
  runs: 'keys',
  execute: countKeys,
};
