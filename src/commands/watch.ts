import { error } from '../resp/reply.ts';
import { ALL_KEYS, type Command } from './command.ts';

const INSIDE_MULTI = error('ERR WATCH inside MULTI is not allowed');

/** redis.io/commands/watch */
export const watch: Command = {
  name: 'watch',
  arity: -2,
  flags: ['noscript', 'loading', 'stale', 'fast', 'allow_busy'],
  keys: ALL_KEYS,
  group: 'transactions',
  since: '2.2.0',
  summary: 'Lets the next EXEC run only if none of the keys changes until then.',
  complexity: 'O(1) for each key',
  arguments: [{ name: 'key', type: 'key', multiple: true }],
  runs: 'session',
  execute({ session }, args) {
    if (session.transaction !== undefined) return INSIDE_MULTI;
    return session.watch(args.slice(1));
  },
};
