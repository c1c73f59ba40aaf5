import type { Command } from './command.ts';
import { EVAL_ARGUMENTS, EVAL_KEYS, evaluate } from './eval-arguments.ts';
import { learnScript } from './script-sources.ts';

/** redis.io/commands/eval_ro */
export const evalRo: Command = {
  name: 'eval_ro',
  arity: -3,
  flags: ['readonly', 'noscript', 'stale', 'skip_monitor', 'no_mandatory_keys', 'movablekeys'],
  keys: EVAL_KEYS,
  group: 'scripting',
  since: '7.0.0',
  summary: 'Runs a Lua script that writes nothing.',
  complexity: 'Depends on the script.',
  arguments: [{ name: 'script', type: 'string' }, ...EVAL_ARGUMENTS],
  runs: 'keys',
  execute: (context, args) => evaluate(context, args, learnScript, true),
};
