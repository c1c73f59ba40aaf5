import { array, bulk, EMPTY_ARRAY, ZERO } from '../resp/reply.ts';
import { type Command, NO_KEYS } from './command.ts';

const MASTER = array([bulk('master'), ZERO, EMPTY_ARRAY]);

/** redis.io/commands/role; to its clients every node is a master, as it answers for all keys. */
export const role: Command = {
  name: 'role',
  arity: 1,
  flags: ['noscript', 'loading', 'stale', 'fast'],
  keys: NO_KEYS,
  group: 'server',
  since: '2.8.12',
  summary: 'Tells that this server is a master.',
  complexity: 'O(1)',
  arguments: [],
  runs: 'session',
  execute: () => MASTER,
};
