import type { ByteString } from '../base/byte-string.ts';
import { error, integer, type Reply } from '../resp/reply.ts';
import type { KeyContext } from './context.ts';
import { addIntegers, NOT_AN_INTEGER, parseInteger } from './integer-argument.ts';

const OVERFLOW = error('ERR increment or decrement would overflow');

/** Adds to the integer that a key holds, 0 if it holds nothing, and keeps its expiry. */
export function addToValue(
  { keyspace, db }: KeyContext,
  key: ByteString,
  added: number | bigint,
): Reply {
  const value = parseInteger(keyspace.find(db, key)?.value ?? '0');
  if (value === undefined) return NOT_AN_INTEGER;
  const sum = addIntegers(value, added);
  if (sum === undefined) return OVERFLOW;
  keyspace.putKeepingEnd(db, key, String(sum));
  return integer(sum);
}
