import { type Command, NO_KEYS } from './command.ts';
import { helpCommand } from './container-help.ts';
import { scriptDebug } from './script-debug.ts';
import { scriptExists } from './script-exists.ts';
import { scriptFlush } from './script-flush.ts';
import { scriptKill } from './script-kill.ts';
import { scriptLoad } from './script-load.ts';

const help = helpCommand('script', '5.0.0', [
  'DEBUG (YES|SYNC|NO)',
  '    There is no debugger: only NO is taken.',
  'EXISTS <sha1> [<sha1> ...]',
  '    Tell which scripts EVALSHA knows.',
  'FLUSH [ASYNC|SYNC]',
  '    Make every node forget all scripts.',
  'KILL',
  '    Answer that no script runs: a limit ends those that take too long.',
  'LOAD <script>',
  '    Make a script known to EVALSHA on every node.',
]);

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
  subcommands: [scriptDebug, scriptExists, scriptFlush, help, scriptKill, scriptLoad],
  runs: 'container',
};
