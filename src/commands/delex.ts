import { asciiUpper } from '../base/byte-string.ts';
import { error, ONE, ZERO } from '../resp/reply.ts';
import { KEY, optionalChoice } from './argument-docs.ts';
import { wrongArity } from './arity.ts';
import { type Command, ONE_KEY } from './command.ts';
import { SYNTAX_ERROR } from './syntax-error.ts';

const INVALID_CONDITION = error('ERR Invalid condition. Use IFEQ, IFNE, IFDEQ, or IFDNE');

/**
 * redis.io/commands/delex, of Redis 8.4: without a condition it is DEL of one key. Digests of
 * values (IFDEQ, IFDNE) are not there.
 */
export const delex: Command = {
  name: 'delex',
  arity: -2,
  flags: ['write', 'fast'],
  keys: ONE_KEY,
  group: 'string',
  since: '8.4.0',
  summary: 'Deletes a key if its value is, or is not, the one given: releases a lock safely.',
  complexity: 'O(1)',
  arguments: [
    KEY,
    optionalChoice('condition', [
      { name: 'ifeq-value', type: 'string', token: 'IFEQ' },
      { name: 'ifne-value', type: 'string', token: 'IFNE' },
    ]),
  ],
  runs: 'keys',
  execute({ keyspace, db }, args) {
    const [, key = '', condition = '', compared = ''] = args;
    if (args.length === 2) return keyspace.delete(db, key) ? ONE : ZERO;
    if (args.length !== 4) return wrongArity('delex');
    const lease = keyspace.find(db, key);
    if (lease === undefined) return ZERO;
    const word = asciiUpper(condition);
    if (word === 'IFDEQ' || word === 'IFDNE') return SYNTAX_ERROR;
    if (word !== 'IFEQ' && word !== 'IFNE') return INVALID_CONDITION;
    if ((lease.value === compared) !== (word === 'IFEQ')) return ZERO;
    keyspace.delete(db, key);
    return ONE;
  },
};
