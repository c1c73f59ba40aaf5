import { ONE, ZERO } from '../resp/reply.ts';
import { KEY, VALUE } from './argument-docs.ts';
import { type Command, ONE_KEY } from './command.ts';

/** valkey.io/commands/delifeq, of Valkey 9. */
export const delifeq: Command = {
  name: 'delifeq',
  arity: 3,
  flags: ['write'],
  keys: ONE_KEY,
  group: 'string',
  since: 'valkey 9.0.0',
  summary: 'Deletes a key if its value is the one given: releases a lock safely.',
  complexity: 'O(1)',
  arguments: [KEY, VALUE],
  runs: 'keys',
  execute({ keyspace, db }, args) {
    const [, key = '', value = ''] = args;
    if (keyspace.find(db, key)?.value !== value) return ZERO;
    keyspace.delete(db, key);
    return ONE;
  },
};
