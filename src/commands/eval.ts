import type { Command } from './command.ts';
import { EVAL_ARGUMENTS, EVAL_KEYS, evaluate } from './eval-arguments.ts';
import { learnScript } from './script-sources.ts';

/** redis.io/commands/eval */
export const evalCommand: Command = {
  name: 'eval',
  arity: -3,
  flags: ['noscript', 'stale', 'skip_monitor', 'no_mandatory_keys', 'movablekeys'],
  keys: EVAL_KEYS,
  group: 'scripting',
  since: '2.6.0',
  summary: 'Runs a Lua script as one step.',
  complexity: 'Depends on the script.',
  arguments: [{ name: 'script', type: 'string' }, ...EVAL_ARGUMENTS],
  runs: 'keys',
  execute: (context, args) => evaluate(context, args, learnScript, false),
};
