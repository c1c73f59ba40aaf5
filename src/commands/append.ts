import { limits } from '../base/limits.ts';
import { integer } from '../resp/reply.ts';
import { KEY, VALUE } from './argument-docs.ts';
import { VALUE_TOO_LONG } from './argument-limits.ts';
import { type Command, ONE_KEY } from './command.ts';

/** redis.io/commands/append */
export const append: Command = {
  name: 'append',
  arity: 3,
  flags: ['write', 'denyoom', 'fast'],
  keys: ONE_KEY,
  group: 'string',
  since: '2.0.0',
  summary: 'Adds bytes to the end of the value of a key.',
  complexity: 'O(N) with N bytes of the value',
  arguments: [KEY, VALUE],
  runs: 'keys',
  execute({ keyspace, db }, args) {
    const [, key = '', added = ''] = args;
    const previous = keyspace.find(db, key)?.value ?? '';
    const length = previous.length + added.length;
    if (length > limits.valueBytesMax) return VALUE_TOO_LONG;
    keyspace.putKeepingEnd(db, key, previous + added);
    return integer(length);
  },
};
