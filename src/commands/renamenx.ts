import { ONE, ZERO } from '../resp/reply.ts';
import { KEY, NEW_KEY } from './argument-docs.ts';
import type { Command } from './command.ts';
import { NO_SUCH_KEY } from './rename.ts';

/** redis.io/commands/renamenx */
export const renamenx: Command = {
  name: 'renamenx',
  arity: 3,
  flags: ['write', 'fast'],
  keys: { first: 1, last: 2, step: 1 },
  group: 'generic',
  since: '1.0.0',
  summary: 'Puts what a key holds under another name if that is free.',
  complexity: 'O(1)',
  arguments: [KEY, NEW_KEY],
  runs: 'keys',
  execute({ keyspace, db }, args) {
    const [, key = '', newKey = ''] = args;
    const lease = keyspace.find(db, key);
    if (lease === undefined) return NO_SUCH_KEY;
    if (keyspace.find(db, newKey) !== undefined) return ZERO;
    keyspace.rename(lease, newKey);
    return ONE;
  },
};
