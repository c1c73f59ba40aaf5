import { array, bulkOrNull, type Reply } from '../resp/reply.ts';
import { KEYS } from './argument-docs.ts';
import { ALL_KEYS, type Command } from './command.ts';

/** redis.io/commands/mget */
export const mget: Command = {
  name: 'mget',
  arity: -2,
  flags: ['readonly', 'fast'],
  keys: ALL_KEYS,
  group: 'string',
  since: '1.0.0',
  summary: 'Tells the values of several keys.',
  complexity: 'O(N) with N keys',
  arguments: [KEYS],
  runs: 'keys',
  execute({ keyspace, db }, args) {
    const replies: Reply[] = [];
    for (let at = 1; at < args.length; at += 1) {
      replies.push(bulkOrNull(keyspace.read(db, args[at] ?? '')?.value));
    }
    return array(replies);
  },
};
