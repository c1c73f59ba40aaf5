import { type Command, NO_KEYS } from './command.ts';
import { helpCommand } from './container-help.ts';
import { objectEncoding } from './object-encoding.ts';
import { objectFreq } from './object-freq.ts';
import { objectIdletime } from './object-idletime.ts';
import { objectRefcount } from './object-refcount.ts';

const help = helpCommand('object', '6.2.0', [
  'ENCODING <key>',
  '    Tell how Redis would keep the value of <key>.',
  'FREQ <key>',
  '    Answer that the frequency of use of <key> is not tracked.',
  'IDLETIME <key>',
  '    Tell for how many seconds <key> was not used: always 0, it is not tracked.',
  'REFCOUNT <key>',
  '    Tell how often the value of <key> is referred to: always once.',
]);

/** redis.io/commands/object */
export const object: Command = {
  name: 'object',
  arity: -2,
  flags: [],
  keys: NO_KEYS,
  group: 'generic',
  since: '2.2.3',
  summary: 'Tells how the value of a key is kept.',
  complexity: 'Depends on the subcommand.',
  arguments: [],
  subcommands: [objectEncoding, objectFreq, help, objectIdletime, objectRefcount],
  runs: 'container',
};
