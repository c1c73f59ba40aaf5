import { KEYS } from './argument-docs.ts';
import { ALL_KEYS, type Command } from './command.ts';
import { deleteKeys } from './delete-keys.ts';

/** redis.io/commands/unlink */
export const unlink: Command = {
  name: 'unlink',
  arity: -2,
  flags: ['write', 'fast'],
  keys: ALL_KEYS,
  group: 'generic',
  since: '4.0.0',
  summary: 'Deletes keys; the same as DEL here.',
  complexity: 'O(N) with N keys',
  arguments: [KEYS],
  runs: 'keys',
  execute: deleteKeys,
};
