import type { ByteString } from '../base/byte-string.ts';
import { OK, type Reply } from '../resp/reply.ts';
import type { KeyContext } from './context.ts';
import { type ExpiryUnit, parseExpiry } from './expiry.ts';

/** SETEX and PSETEX, which differ in the unit of their time only. */
export function setForTime(
  context: KeyContext,
  args: readonly ByteString[],
  expiry: { readonly unit: ExpiryUnit; readonly commandName: ByteString },
): Reply {
  const [, key = '', time = '', value = ''] = args;
  const expiresAtMs = parseExpiry(context, time, expiry);
  if (typeof expiresAtMs !== 'number') return expiresAtMs;
  context.keyspace.put(context.db, key, value, expiresAtMs);
  return OK;
}
