import { type Command, NO_KEYS } from './command.ts';
import { helpCommand } from './container-help.ts';
import { memoryUsage } from './memory-usage.ts';

const help = helpCommand('memory', '4.0.0', [
  'USAGE <key> [SAMPLES <count>]',
  '    Estimate the bytes of memory that <key> takes. SAMPLES changes nothing.',
]);

/** redis.io/commands/memory */
export const memory: Command = {
  name: 'memory',
  arity: -2,
  flags: [],
  keys: NO_KEYS,
  group: 'server',
  since: '4.0.0',
  summary: 'Tells about memory.',
  complexity: 'Depends on the subcommand.',
  arguments: [],
  subcommands: [help, memoryUsage],
  runs: 'container',
};
