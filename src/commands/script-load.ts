import { bulk } from '../resp/reply.ts';
import { type Command, NO_KEYS } from './command.ts';
import { learnScript } from './script-sources.ts';

/** redis.io/commands/script-load */
export const scriptLoad: Command = {
  name: 'script|load',
  arity: 3,
  flags: ['noscript', 'stale'],
  keys: NO_KEYS,
  group: 'scripting',
  since: '2.6.0',
  summary: 'Makes a script known to EVALSHA on every node and tells its SHA-1.',
  complexity: 'O(N) with N bytes of the script',
  arguments: [{ name: 'script', type: 'string' }],
  runs: 'meta',
  execute(context, args) {
    const ready = learnScript(context, args[2] ?? '');
    return 'kind' in ready ? ready : bulk(ready.sha1);
  },
};
