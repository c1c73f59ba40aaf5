import { error } from '../resp/reply.ts';
import { type Command, NO_KEYS } from './command.ts';

const NONE_RUNS = error('NOTBUSY No scripts in execution right now.');

/** redis.io/commands/script-kill. A script ends within its turn, so none ever runs meanwhile. */
export const scriptKill: Command = {
  name: 'script|kill',
  arity: 2,
  flags: ['noscript', 'allow_busy'],
  keys: NO_KEYS,
  group: 'scripting',
  since: '2.6.0',
  summary: 'Answers that no script runs: a limit ends those that take too long.',
  complexity: 'O(1)',
  arguments: [],
  runs: 'meta',
  execute: () => NONE_RUNS,
};
