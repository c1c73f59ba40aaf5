import { ONE, ZERO } from '../resp/reply.ts';
import { KEY, OWNER } from './argument-docs.ts';
import { type Command, ONE_KEY } from './command.ts';

/** `KUNLOCK key owner` (DESIGN.md 4). */
export const kunlock: Command = {
  name: 'kunlock',
  arity: 3,
  flags: ['write', 'fast'],
  keys: ONE_KEY,
  group: 'lease',
  since: 'fencepost 0.1.0',
  summary: 'Releases a lock of its owner: 1, or 0 if that owner does not hold it.',
  complexity: 'O(1)',
  arguments: [KEY, OWNER],
  runs: 'keys',
  execute({ keyspace, db }, args) {
    const [, key = '', owner = ''] = args;
    if (keyspace.find(db, key)?.value !== owner) return ZERO;
    keyspace.delete(db, key);
    return ONE;
  },
};
