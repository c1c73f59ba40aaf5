import { OK } from '../resp/reply.ts';
import { KEY, VALUE } from './argument-docs.ts';
import { type Command, ONE_KEY } from './command.ts';
import { MILLISECONDS, parseExpiry } from './expiry.ts';

/** redis.io/commands/psetex */
export const psetex: Command = {
  name: 'psetex',
  arity: 4,
  flags: ['write', 'denyoom'],
  keys: ONE_KEY,
  group: 'string',
  since: '2.6.0',
  summary: 'Gives a key a value for a number of milliseconds.',
  complexity: 'O(1)',
  arguments: [KEY, { name: 'milliseconds', type: 'integer' }, VALUE],
  runs: 'keys',
  execute(context, args) {
    const [, key = '', ttl = '', value = ''] = args;
    const expiresAtMs = parseExpiry(context, ttl, { unit: MILLISECONDS, commandName: 'psetex' });
    if (typeof expiresAtMs !== 'number') return expiresAtMs;
    context.keyspace.put(context.db, key, value, expiresAtMs);
    return OK;
  },
};
