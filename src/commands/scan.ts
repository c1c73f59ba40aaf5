import { asciiUpper, type ByteString } from '../base/byte-string.ts';
import { array, bulk, bulks, type ErrorReply, error } from '../resp/reply.ts';
import { type Command, NO_KEYS } from './command.ts';
import { NOT_AN_INTEGER, parseInteger } from './integer-argument.ts';
import { matchingKeys } from './matching-keys.ts';
import { SYNTAX_ERROR } from './syntax-error.ts';

const INVALID_CURSOR = error('ERR invalid cursor');
const cursorMax = 2n ** 64n - 1n;
const countByDefault = 10;

interface ScanOptions {
  count: number;
  pattern: ByteString;
  /** The TYPE asked for, in upper case. */
  type: ByteString | undefined;
}

/**
 * redis.io/commands/scan. The cursor is a position in one partition; see `scan-cursor.ts` for
 * what the client gets when there are several.
 */
export const scan: Command = {
  name: 'scan',
  arity: -2,
  flags: ['readonly'],
  keys: NO_KEYS,
  group: 'generic',
  since: '2.8.0',
  summary: 'Lists the keys of the database step by step.',
  complexity: 'O(N) with N keys looked at in the step',
  arguments: [
    { name: 'cursor', type: 'integer' },
    { name: 'pattern', type: 'pattern', token: 'MATCH', optional: true },
    { name: 'count', type: 'integer', token: 'COUNT', optional: true },
    { name: 'type', type: 'string', token: 'TYPE', optional: true },
  ],
  runs: 'cursor',
  execute({ keyspace, db, meter }, args) {
    const position = parseCursor(args[1] ?? '');
    if (position === undefined) return INVALID_CURSOR;
    const options = parseOptions(args);
    if ('kind' in options) return options;
    const step = keyspace.scan(db, position, options.count);
    const matching = matchingKeys(step.leases, options.pattern, meter);
    if ('kind' in matching) return matching;
    // Redis looks a key up to learn its type.
    if (options.type !== undefined) keyspace.counts.hitCount += matching.length;
    const isShown = options.type === undefined || options.type === 'STRING';
    return array([bulk(String(step.position)), bulks(isShown ? matching : [])]);
  },
};

/** An unsigned 64-bit integer as C's `strtoul` reads it: the empty text is 0, signs are taken. */
function parseCursor(text: ByteString): number | undefined {
  if (text === '') return 0;
  if (!/^[+-]?[0-9]+$/.test(text)) return undefined;
  const value = BigInt(text.replace(/^[+-]/, ''));
  if (value > cursorMax) return undefined;
  const position = text.startsWith('-') && value > 0n ? cursorMax : value;
  return Math.min(Number(position), Number.MAX_SAFE_INTEGER);
}

function parseOptions(args: readonly ByteString[]): ScanOptions | ErrorReply {
  const options: ScanOptions = { count: countByDefault, pattern: '*', type: undefined };
  for (let at = 2; at < args.length; at += 2) {
    const value = args[at + 1];
    if (value === undefined) return SYNTAX_ERROR;
    switch (asciiUpper(args[at] ?? '')) {
      case 'COUNT': {
        const count = parseInteger(value);
        if (count === undefined) return NOT_AN_INTEGER;
        if (count < 1) return SYNTAX_ERROR;
        options.count = Number(count);
        break;
      }
      case 'MATCH':
        options.pattern = value;
        break;
      case 'TYPE':
        options.type = asciiUpper(value);
        break;
      default:
        return SYNTAX_ERROR;
    }
  }
  return options;
}
