import type { Command } from './command.ts';
import { EVAL_ARGUMENTS, EVAL_KEYS, evaluate } from './eval-arguments.ts';
import { recallScript } from './script-sources.ts';

/** redis.io/commands/evalsha */
export const evalsha: Command = {
  name: 'evalsha',
  arity: -3,
  flags: ['noscript', 'stale', 'skip_monitor', 'no_mandatory_keys', 'movablekeys'],
  keys: EVAL_KEYS,
  group: 'scripting',
  since: '2.6.0',
  summary: 'Runs a Lua script that is known by its SHA-1.',
  complexity: 'Depends on the script.',
  arguments: [{ name: 'sha1', type: 'string' }, ...EVAL_ARGUMENTS],
  runs: 'keys',
  execute: (context, args) => evaluate(context, args, recallScript, false),
};
