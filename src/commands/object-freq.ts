import { error, NULL } from '../resp/reply.ts';
import { KEY, SUBCOMMAND_KEY } from './argument-docs.ts';
import type { Command } from './command.ts';

const NOT_TRACKED = error(
  'ERR An LFU maxmemory policy is not selected, access frequency not tracked. ' +
    'Please note that when switching between policies at runtime LRU and LFU data will take ' +
    'some time to adjust.',
);

/** redis.io/commands/object-freq */
export const objectFreq: Command = {
  name: 'object|freq',
  arity: 3,
  flags: ['readonly'],
  keys: SUBCOMMAND_KEY,
  group: 'generic',
  since: '4.0.0',
  summary: 'Answers that the frequency of use is not tracked.',
  complexity: 'O(1)',
  arguments: [KEY],
  runs: 'keys',
  execute: ({ keyspace, db }, args) =>
    keyspace.read(db, args[2] ?? '') === undefined ? NULL : NOT_TRACKED,
};
