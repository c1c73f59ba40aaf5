import { asciiUpper, type ByteString } from '../base/byte-string.ts';
import { type Lease, NEVER } from '../keyspace/lease.ts';
import { type ErrorReply, error, ONE, type Reply, ZERO } from '../resp/reply.ts';
import type { KeyContext } from './context.ts';
import { type ExpiryUnit, isPast, parseSignedExpiry } from './expiry.ts';

interface Conditions {
  nx: boolean;
  xx: boolean;
  gt: boolean;
  lt: boolean;
}

const NO_CONDITIONS: Readonly<Conditions> = { nx: false, xx: false, gt: false, lt: false };
const NX_ALONE = error('ERR NX and XX, GT or LT options at the same time are not compatible');
const GT_OR_LT = error('ERR GT and LT options at the same time are not compatible');

/**
 * EXPIRE, PEXPIRE, EXPIREAT and PEXPIREAT, which differ in the unit of their time only. A time in
 * the past deletes the key; the lease keeps its token (redis.io/commands/expire).
 */
export function expireKey(
  context: KeyContext,
  args: readonly ByteString[],
  { unit, commandName }: { readonly unit: ExpiryUnit; readonly commandName: ByteString },
): Reply {
  const { keyspace, db } = context;
  const [, key = '', time = ''] = args;
  const conditions = args.length === 3 ? NO_CONDITIONS : parseConditions(args);
  if ('kind' in conditions) return conditions;
  const expiresAtMs = parseSignedExpiry(context, time, { unit, commandName });
  if (typeof expiresAtMs !== 'number') return expiresAtMs;
  const lease = keyspace.find(db, key);
  if (lease === undefined || !hold(conditions, lease, expiresAtMs)) return ZERO;
  if (isPast(context, expiresAtMs)) keyspace.delete(db, key);
  else keyspace.moveEnd(lease, expiresAtMs);
  return ONE;
}

function parseConditions(args: readonly ByteString[]): Readonly<Conditions> | ErrorReply {
  const conditions = { ...NO_CONDITIONS };
  for (let at = 3; at < args.length; at += 1) {
    const option = args[at] ?? '';
    const word = asciiUpper(option);
    if (word === 'NX') conditions.nx = true;
    else if (word === 'XX') conditions.xx = true;
    else if (word === 'GT') conditions.gt = true;
    else if (word === 'LT') conditions.lt = true;
    else return error(`ERR Unsupported option ${option.replace(/[\r\n]/g, ' ')}`);
  }
  const { nx, xx, gt, lt } = conditions;
  if (nx && (xx || gt || lt)) return NX_ALONE;
  return gt && lt ? GT_OR_LT : conditions;
}

/** A lease that does not expire counts as one that expires later than any other. */
function hold({ nx, xx, gt, lt }: Conditions, lease: Lease, expiresAtMs: number): boolean {
  const current = lease.expiresAtMs === NEVER ? Number.POSITIVE_INFINITY : lease.expiresAtMs;
  if (nx && lease.expiresAtMs !== NEVER) return false;
  if (xx && lease.expiresAtMs === NEVER) return false;
  if (gt && expiresAtMs <= current) return false;
  return !(lt && expiresAtMs >= current);
}
