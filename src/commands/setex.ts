import { OK } from '../resp/reply.ts';
import { KEY, VALUE } from './argument-docs.ts';
import { type Command, ONE_KEY } from './command.ts';
import { parseExpiry, SECONDS } from './expiry.ts';

/** redis.io/commands/setex */
export const setex: Command = {
  name: 'setex',
  arity: 4,
  flags: ['write', 'denyoom'],
  keys: ONE_KEY,
  group: 'string',
  since: '2.0.0',
  summary: 'Gives a key a value for a number of seconds.',
  complexity: 'O(1)',
  arguments: [KEY, { name: 'seconds', type: 'integer' }, VALUE],
  runs: 'keys',
  execute(context, args) {
    const [, key = '', ttl = '', value = ''] = args;
    const expiresAtMs = parseExpiry(context, ttl, { unit: SECONDS, commandName: 'setex' });
    if (typeof expiresAtMs !== 'number') return expiresAtMs;
    context.keyspace.put(context.db, key, value, expiresAtMs);
    return OK;
  },
};
