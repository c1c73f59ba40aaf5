import { type Command, NO_KEYS } from './command.ts';
import { objectEncoding } from './object-encoding.ts';
import { objectFreq } from './object-freq.ts';
import { objectIdletime } from './object-idletime.ts';
import { objectRefcount } from './object-refcount.ts';

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
  subcommands: [objectEncoding, objectFreq, objectIdletime, objectRefcount],
  runs: 'container',
};
