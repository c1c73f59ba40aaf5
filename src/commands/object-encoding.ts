import { bulk, NULL } from '../resp/reply.ts';
import { KEY, SUBCOMMAND_KEY } from './argument-docs.ts';
import type { Command } from './command.ts';
import { parseInteger } from './integer-argument.ts';

const INT = bulk('int');
const EMBSTR = bulk('embstr');
const RAW = bulk('raw');
/** Longer strings are `raw` in Redis (OBJ_ENCODING_EMBSTR_SIZE_LIMIT). */
const embstrBytesMax = 44;

/**
 * redis.io/commands/object-encoding. Values are kept in one way here; the reply is what Redis
 * would say of a value that SET put there.
 */
export const objectEncoding: Command = {
  name: 'object|encoding',
  arity: 3,
  flags: ['readonly'],
  keys: SUBCOMMAND_KEY,
  group: 'generic',
  since: '2.2.3',
  summary: 'Tells how Redis would keep the value of a key: int, embstr or raw.',
  complexity: 'O(1)',
  arguments: [KEY],
  runs: 'keys',
  execute({ keyspace, db }, args) {
    const lease = keyspace.read(db, args[2] ?? '');
    if (lease === undefined) return NULL;
    if (parseInteger(lease.value) !== undefined) return INT;
    return lease.value.length <= embstrBytesMax ? EMBSTR : RAW;
  },
};
