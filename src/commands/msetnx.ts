import { NEVER } from '../keyspace/lease.ts';
import { ONE, ZERO } from '../resp/reply.ts';
import { KEYS_AND_VALUES } from './argument-docs.ts';
import { wrongArity } from './arity.ts';
import type { Command } from './command.ts';

/** redis.io/commands/msetnx */
export const msetnx: Command = {
  name: 'msetnx',
  arity: -3,
  flags: ['write', 'denyoom'],
  keys: { first: 1, last: -1, step: 2 },
  group: 'string',
  since: '1.0.1',
  summary: 'Gives several keys their values if none of them has one.',
  complexity: 'O(N) with N keys',
  arguments: [KEYS_AND_VALUES],
  runs: 'keys',
  execute({ keyspace, db }, args) {
    if (args.length % 2 === 0) return wrongArity('msetnx');
    for (let at = 1; at < args.length; at += 2) {
      if (keyspace.find(db, args[at] ?? '') !== undefined) return ZERO;
    }
    for (let at = 1; at < args.length; at += 2) {
      keyspace.put(db, args[at] ?? '', args[at + 1] ?? '', NEVER);
    }
    return ONE;
  },
};
