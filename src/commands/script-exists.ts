import { asciiLower } from '../base/byte-string.ts';
import { array, ONE, ZERO } from '../resp/reply.ts';
import { type Command, NO_KEYS } from './command.ts';

/** redis.io/commands/script-exists */
export const scriptExists: Command = {
  name: 'script|exists',
  arity: -3,
  flags: ['noscript'],
  keys: NO_KEYS,
  group: 'scripting',
  since: '2.6.0',
  summary: 'Tells which scripts EVALSHA knows.',
  complexity: 'O(N) with N scripts asked for',
  arguments: [{ name: 'sha1', type: 'string', multiple: true }],
  runs: 'meta',
  execute({ meta }, args) {
    const asked = args.slice(2);
    return array(
      asked.map((sha1) => (meta.findScript(asciiLower(sha1)) === undefined ? ZERO : ONE)),
    );
  },
};
