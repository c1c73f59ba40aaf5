import { KEYS } from './argument-docs.ts';
import { ALL_KEYS, type Command } from './command.ts';
import { deleteKeys } from './delete-keys.ts';

/** redis.io/commands/del */
export const del: Command = {
  name: 'del',
  arity: -2,
  flags: ['write'],
  keys: ALL_KEYS,
  group: 'generic',
  since: '1.0.0',
  summary: 'Deletes keys: releases locks without asking who owns them.',
  complexity: 'O(N) with N keys',
  arguments: [KEYS],
  runs: 'keys',
  execute: deleteKeys,
};
