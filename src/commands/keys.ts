import { array, bulks } from '../resp/reply.ts';
import { type Command, NO_KEYS } from './command.ts';
import { matchingKeys } from './matching-keys.ts';

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
  execute({ keyspace, db, meter }, args) {
    const keys = matchingKeys(keyspace.leases(db), args[1] ?? '', meter);
    return 'kind' in keys ? keys : bulks(keys);
  },
  merge: (replies) =>
    replies.find(({ kind }) => kind === 'error') ??
    array(replies.flatMap((one) => (one.kind === 'array' ? one.items : []))),
};
