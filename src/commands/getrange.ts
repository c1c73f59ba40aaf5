import type { ByteString } from '../base/byte-string.ts';
import { bulk, type Reply } from '../resp/reply.ts';
import { KEY } from './argument-docs.ts';
import { type Command, ONE_KEY } from './command.ts';
import type { KeyContext } from './context.ts';
import { NOT_AN_INTEGER, parseInteger } from './integer-argument.ts';

const EMPTY = bulk('');

/** redis.io/commands/getrange */
export const getrange: Command = {
  name: 'getrange',
  arity: 4,
  flags: ['readonly'],
  keys: ONE_KEY,
  group: 'string',
  since: '2.4.0',
  summary: 'Tells a part of the value of a key.',
  complexity: 'O(N) with N bytes of the part',
  arguments: [KEY, { name: 'start', type: 'integer' }, { name: 'end', type: 'integer' }],
  runs: 'keys',
  execute: rangeOfValue,
};

/** The bytes from `start` to `end`, both included; negative ones count from the end. */
export function rangeOfValue({ keyspace, db }: KeyContext, args: readonly ByteString[]): Reply {
  const [, key = '', startText = '', endText = ''] = args;
  const start = parseInteger(startText);
  const end = parseInteger(endText);
  if (start === undefined || end === undefined) return NOT_AN_INTEGER;
  const value = keyspace.read(db, key)?.value ?? '';
  if (start < 0 && end < 0 && start > end) return EMPTY;
  const from = offsetOf(Number(start), value.length);
  const to = Math.min(offsetOf(Number(end), value.length), value.length - 1);
  return from > to ? EMPTY : bulk(value.slice(from, to + 1));
}

function offsetOf(index: number, length: number): number {
  return index < 0 ? Math.max(0, length + index) : index;
}
