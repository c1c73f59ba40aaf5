import { asciiUpper } from '../base/byte-string.ts';
import { error, OK } from '../resp/reply.ts';
import { FLUSH_MODE } from './argument-docs.ts';
import { type Command, NO_KEYS } from './command.ts';

const UNKNOWN_MODE = error('ERR SCRIPT FLUSH only support SYNC|ASYNC option');

/** redis.io/commands/script-flush */
export const scriptFlush: Command = {
  name: 'script|flush',
  arity: -2,
  flags: ['noscript'],
  keys: NO_KEYS,
  group: 'scripting',
  since: '2.6.0',
  summary: 'Makes every node forget all scripts.',
  complexity: 'O(N) with N scripts',
  arguments: [FLUSH_MODE],
  runs: 'meta',
  execute({ meta }, args) {
    const mode = asciiUpper(args[2] ?? 'SYNC');
    if (args.length > 3 || (mode !== 'SYNC' && mode !== 'ASYNC')) return UNKNOWN_MODE;
    if (meta.scriptCount > 0) meta.forgetScripts();
    return OK;
  },
};
