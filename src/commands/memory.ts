import { type Command, NO_KEYS } from './command.ts';
import { memoryUsage } from './memory-usage.ts';

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
  subcommands: [memoryUsage],
  runs: 'container',
};
