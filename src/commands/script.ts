import { type Command, NO_KEYS } from './command.ts';
import { scriptDebug } from './script-debug.ts';
import { scriptExists } from './script-exists.ts';
import { scriptFlush } from './script-flush.ts';
import { scriptKill } from './script-kill.ts';
import { scriptLoad } from './script-load.ts';

/** redis.io/commands/script */
export const script: Command = {
  name: 'script',
  arity: -2,
  flags: [],
  keys: NO_KEYS,
  group: 'scripting',
  since: '2.6.0',
  summary: 'Keeps scripts for EVALSHA.',
  complexity: 'Depends on the subcommand.',
  arguments: [],
  subcommands: [scriptDebug, scriptExists, scriptFlush, scriptKill, scriptLoad],
  runs: 'container',
};
