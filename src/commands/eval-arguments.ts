import type { ByteString } from '../base/byte-string.ts';
import { type ErrorReply, error, type Reply } from '../resp/reply.ts';
import type { ArgumentDoc, KeyPositions } from './command.ts';
import type { KeyContext } from './context.ts';
import { NOT_AN_INTEGER, parseInteger } from './integer-argument.ts';
import { runOverKeyspace } from './script-run.ts';
import type { ReadyScript } from './script-sources.ts';

const TOO_MANY_KEYS = error("ERR Number of keys can't be greater than number of args");
const NEGATIVE_KEYS = error("ERR Number of keys can't be negative");

/** `EVAL script numkeys key… arg…` and its kin: keys begin at the third argument. */
const firstKey = 3;

/** The keys that EVAL declares; their number is among the arguments. */
export const EVAL_KEYS: KeyPositions = {
  first: 0,
  last: 0,
  step: 0,
  find: (args) => {
    const keyCount = parseKeyCount(args);
    return typeof keyCount === 'number' ? args.slice(firstKey, firstKey + keyCount) : undefined;
  },
};

/** What follows the script or its SHA-1, for COMMAND DOCS. */
export const EVAL_ARGUMENTS: readonly ArgumentDoc[] = [
  { name: 'numkeys', type: 'integer' },
  { name: 'key', type: 'key', optional: true, multiple: true },
  { name: 'arg', type: 'string', optional: true, multiple: true },
];

/** Runs the script that `load` finds, after the number of keys was found to be right. */
export function evaluate(
  context: KeyContext,
  args: readonly ByteString[],
  load: (context: KeyContext, scriptOrSha1: ByteString) => ReadyScript | ErrorReply,
  readOnly: boolean,
): Reply {
  const keyCount = parseKeyCount(args);
  if (typeof keyCount !== 'number') return keyCount;
  const ready = load(context, args[1] ?? '');
  if ('kind' in ready) return ready;
  const argvAt = firstKey + keyCount;
  const keys = args.slice(firstKey, argvAt);
  return runOverKeyspace(context, ready, { keys, argv: args.slice(argvAt), readOnly });
}

function parseKeyCount(args: readonly ByteString[]): number | ErrorReply {
  const keyCount = parseInteger(args[2] ?? '');
  if (keyCount === undefined) return NOT_AN_INTEGER;
  if (keyCount > args.length - firstKey) return TOO_MANY_KEYS;
  return keyCount < 0 ? NEGATIVE_KEYS : Number(keyCount);
}
