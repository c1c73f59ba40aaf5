import { NEVER } from '../keyspace/lease.ts';
import { bulk, NULL } from '../resp/reply.ts';
import { EXPIRY_CHOICES, KEY, optionalChoice, word } from './argument-docs.ts';
import { type Command, ONE_KEY } from './command.ts';
import { isPast, parseExpiry } from './expiry.ts';
import { parseSetOptions } from './set-options.ts';
import { SYNTAX_ERROR } from './syntax-error.ts';

/** redis.io/commands/getex */
export const getex: Command = {
  name: 'getex',
  arity: -2,
  flags: ['write', 'fast'],
  keys: ONE_KEY,
  group: 'string',
  since: '6.2.0',
  summary: 'Tells the value of a key and changes when it expires.',
  complexity: 'O(1)',
  arguments: [KEY, optionalChoice('expiration', [...EXPIRY_CHOICES, word('PERSIST')])],
  runs: 'keys',
  execute(context, args) {
    const { keyspace, db } = context;
    const options = parseSetOptions(args, 2, 'getex');
    if (options === undefined) return SYNTAX_ERROR;
    const lease = keyspace.read(db, args[1] ?? '');
    if (lease === undefined) return NULL;
    const { unit } = options;
    if (unit !== undefined) {
      const expiresAtMs = parseExpiry(context, options.expiry, { unit, commandName: 'getex' });
      if (typeof expiresAtMs !== 'number') return expiresAtMs;
      if (isPast(context, expiresAtMs)) keyspace.delete(db, lease.key);
      else keyspace.moveEnd(lease, expiresAtMs);
    } else if (options.persist && lease.expiresAtMs !== NEVER) {
      keyspace.moveEnd(lease, NEVER);
    }
    return bulk(lease.value);
  },
};
