import { error, OK } from '../resp/reply.ts';
import { KEY, NEW_KEY } from './argument-docs.ts';
import type { Command } from './command.ts';

export const NO_SUCH_KEY = error('ERR no such key');

/** redis.io/commands/rename. What stands under the new name is a new grant with a new token. */
export const rename: Command = {
  name: 'rename',
  arity: 3,
  flags: ['write'],
  keys: { first: 1, last: 2, step: 1 },
  group: 'generic',
  since: '1.0.0',
  summary: 'Puts what a key holds under another name.',
  complexity: 'O(1)',
  arguments: [KEY, NEW_KEY],
  runs: 'keys',
  execute({ keyspace, db }, args) {
    const [, key = '', newKey = ''] = args;
    const lease = keyspace.find(db, key);
    if (lease === undefined) return NO_SUCH_KEY;
    if (newKey !== key) keyspace.rename(lease, newKey);
    return OK;
  },
};
