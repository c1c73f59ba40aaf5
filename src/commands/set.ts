import type { ByteString } from '../base/byte-string.ts';
import type { Keyspace } from '../keyspace/keyspace.ts';
import { type Lease, NEVER } from '../keyspace/lease.ts';
import { bulkOrNull, NULL, OK, type Reply } from '../resp/reply.ts';
import { EXPIRY_CHOICES, KEY, optionalChoice, VALUE, word } from './argument-docs.ts';
import { type Command, ONE_KEY } from './command.ts';
import type { KeyContext } from './context.ts';
import { isPast, parseExpiry } from './expiry.ts';
import { parseSetOptions, type SetOptions } from './set-options.ts';
import { SYNTAX_ERROR } from './syntax-error.ts';

/**
 * redis.io/commands/set, with IFEQ and IFNE of Redis 8.4: IFEQ needs the key to hold that value,
 * IFNE is also content with no key. SET of the value that is there keeps the token.
 */
export const set: Command = {
  name: 'set',
  arity: -3,
  flags: ['write', 'denyoom'],
  keys: ONE_KEY,
  group: 'string',
  since: '1.0.0',
  summary: 'Gives a key a value, for a time if wanted: the usual way to take a lock.',
  complexity: 'O(1)',
  arguments: [
    KEY,
    VALUE,
    optionalChoice('condition', [
      word('NX'),
      word('XX'),
      { name: 'ifeq-value', type: 'string', token: 'IFEQ' },
      { name: 'ifne-value', type: 'string', token: 'IFNE' },
    ]),
    { ...word('GET'), optional: true },
    optionalChoice('expiration', [...EXPIRY_CHOICES, word('KEEPTTL')]),
  ],
  runs: 'keys',
  execute(context, args) {
    const [, key = '', value = ''] = args;
    if (args.length === 3) {
      context.keyspace.put(context.db, key, value, NEVER);
      return OK;
    }
    const options = parseSetOptions(args, 3, 'set');
    return options === undefined ? SYNTAX_ERROR : setWith(context, { key, value }, options);
  },
};

function setWith(
  context: KeyContext,
  { key, value }: { readonly key: ByteString; readonly value: ByteString },
  options: SetOptions,
): Reply {
  const { keyspace, db } = context;
  const { unit } = options;
  let expiresAtMs = NEVER;
  if (unit !== undefined) {
    const parsed = parseExpiry(context, options.expiry, { unit, commandName: 'set' });
    if (typeof parsed !== 'number') return parsed;
    expiresAtMs = parsed;
  }
  const lease = options.get ? keyspace.read(db, key) : keyspace.find(db, key);
  if (!holds(options, lease)) {
    if (isRepeated(keyspace, options, lease)) return options.get ? NULL : OK;
    return options.get ? bulkOrNull(lease?.value) : NULL;
  }
  if (options.keepTtl) keyspace.putKeepingEnd(db, key, value);
  else if (unit !== undefined && isPast(context, expiresAtMs)) keyspace.delete(db, key);
  else keyspace.put(db, key, value, expiresAtMs);
  return options.get ? bulkOrNull(lease?.value) : OK;
}

/** Whether NX fails only because this very request has taken the lease before. */
function isRepeated(
  keyspace: Keyspace,
  { condition }: SetOptions,
  lease: Lease | undefined,
): boolean {
  return condition === 'absent' && lease !== undefined && keyspace.isOwnGrant(lease);
}

function holds({ condition, compared }: SetOptions, lease: Lease | undefined): boolean {
  switch (condition) {
    case 'none':
      return true;
    case 'absent':
      return lease === undefined;
    case 'present':
      return lease !== undefined;
    case 'equal':
      return lease?.value === compared;
    default:
      return lease?.value !== compared;
  }
}
