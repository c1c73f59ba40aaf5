import { asciiUpper } from '../base/byte-string.ts';
import { error, OK } from '../resp/reply.ts';
import { optionalChoice, word } from './argument-docs.ts';
import { type Command, NO_KEYS } from './command.ts';

const UNKNOWN_MODE = error('ERR Use SCRIPT DEBUG YES/SYNC/NO');
const NO_DEBUGGER = error('ERR there is no debugger of scripts: SCRIPT DEBUG takes NO only');

/** redis.io/commands/script-debug */
export const scriptDebug: Command = {
  name: 'script|debug',
  arity: 3,
  flags: ['noscript'],
  keys: NO_KEYS,
  group: 'scripting',
  since: '3.2.0',
  summary: 'Takes NO only: there is no debugger.',
  complexity: 'O(1)',
  arguments: [{ ...optionalChoice('mode', ['YES', 'SYNC', 'NO'].map(word)), optional: false }],
  runs: 'meta',
  execute(_context, args) {
    const mode = asciiUpper(args[2] ?? '');
    if (mode === 'NO') return OK;
    return mode === 'YES' || mode === 'SYNC' ? NO_DEBUGGER : UNKNOWN_MODE;
  },
};
