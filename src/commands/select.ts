import type { ByteString } from '../base/byte-string.ts';
import { limits } from '../base/limits.ts';
import { error, OK, type Reply } from '../resp/reply.ts';
import { type Command, NO_KEYS } from './command.ts';
import { NOT_AN_INTEGER, parseInteger } from './integer-argument.ts';

const int32Max = 2_147_483_647;
const int32Min = -2_147_483_648;

const NOT_A_DATABASE = error('ERR DB index is out of range');
const NOT_AN_INT32 = error(
  `ERR value is out of range, value must between ${int32Min} and ${int32Max}`,
);

/** redis.io/commands/select */
export const select: Command = {
  name: 'select',
  arity: 2,
  flags: ['loading', 'stale', 'fast'],
  keys: NO_KEYS,
  group: 'connection',
  since: '1.0.0',
  summary: 'Changes the database of the connection.',
  complexity: 'O(1)',
  arguments: [{ name: 'index', type: 'integer' }],
  runs: 'session',
  execute: (context, [, index = '']) => selectDatabase(context.session, index),
};

/** Changes the database of a session, or the one that a script sees for itself. */
export function selectDatabase(selecting: { db: number }, index: ByteString): Reply {
  const db = parseInteger(index);
  if (db === undefined) return NOT_AN_INTEGER;
  if (db < int32Min || db > int32Max) return NOT_AN_INT32;
  if (db < 0 || db >= limits.databaseCount) return NOT_A_DATABASE;
  selecting.db = Number(db);
  return OK;
}
