import { asciiUpper } from '../base/byte-string.ts';
import { integer, NULL } from '../resp/reply.ts';
import { KEY, SUBCOMMAND_KEY } from './argument-docs.ts';
import type { Command } from './command.ts';
import { NOT_AN_INTEGER, parseInteger } from './integer-argument.ts';
import { SYNTAX_ERROR } from './syntax-error.ts';

/**
 * About what a lease takes besides the bytes of key and value: 57 in the columns of its row, and
 * the rest in the index of keys, the list, the heap of ends and the head of its slot.
 */
const leaseOverheadBytes = 75;

/** redis.io/commands/memory-usage. An estimate: the runtime does not tell the bytes of a value. */
export const memoryUsage: Command = {
  name: 'memory|usage',
  arity: -3,
  flags: ['readonly'],
  keys: SUBCOMMAND_KEY,
  group: 'server',
  since: '4.0.0',
  summary: 'Estimates the bytes of memory that a key takes.',
  complexity: 'O(1)',
  arguments: [KEY, { name: 'count', type: 'integer', token: 'SAMPLES', optional: true }],
  runs: 'keys',
  execute({ keyspace, db }, args) {
    for (let at = 3; at < args.length; at += 2) {
      const samples = args[at + 1];
      if (asciiUpper(args[at] ?? '') !== 'SAMPLES' || samples === undefined) return SYNTAX_ERROR;
      const count = parseInteger(samples);
      if (count === undefined) return NOT_AN_INTEGER;
      if (count < 0) return SYNTAX_ERROR;
    }
    const lease = keyspace.find(db, args[2] ?? '');
    if (lease === undefined) return NULL;
    return integer(leaseOverheadBytes + lease.key.length + lease.value.length);
  },
};
