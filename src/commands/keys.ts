import { matchesGlob } from '../base/glob.ts';
import { array, bulk, type Reply } from '../resp/reply.ts';
import { type Command, NO_KEYS } from './command.ts';

/** redis.io/commands/keys */
export const keys: Command = {
  name: 'keys',
  arity: 2,
  flags: ['readonly'],
  keys: NO_KEYS,
  group: 'generic',
  since: '1.0.0',
  summary: 'Lists the keys whose names match a pattern.',
  complexity: 'O(N) with N keys of the database',
  arguments: [{ name: 'pattern', type: 'pattern' }],
  runs: 'every',
  execute({ keyspace, db }, args) {
    const pattern = args[1] ?? '';
    const names: Reply[] = [];
    for (const { key } of keyspace.leases(db)) {
      if (matchesGlob(pattern, key)) names.push(bulk(key));
    }
    return array(names);
  },
  merge: (replies) => array(replies.flatMap((one) => (one.kind === 'array' ? one.items : []))),
};
