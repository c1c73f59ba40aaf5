import { OK } from '../resp/reply.ts';
import { FLUSH_MODE } from './argument-docs.ts';
import { type Command, NO_KEYS } from './command.ts';
import { firstReply, flushDatabase, refuseFlushMode } from './flush-mode.ts';

/** redis.io/commands/flushall */
export const flushall: Command = {
  name: 'flushall',
  arity: -1,
  flags: ['write'],
  keys: NO_KEYS,
  group: 'server',
  since: '1.0.0',
  summary: 'Deletes every key of every database.',
  complexity: 'O(N) with N keys',
  arguments: [FLUSH_MODE],
  runs: 'every',
  execute(context, args) {
    const refused = refuseFlushMode(args);
    if (refused !== undefined) return refused;
    for (let db = 0; db < context.keyspace.base.databaseCount; db += 1) flushDatabase(context, db);
    return OK;
  },
  merge: firstReply,
};
