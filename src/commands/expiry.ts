import type { ByteString } from '../base/byte-string.ts';
import { type Lease, NEVER } from '../keyspace/lease.ts';
import { type ErrorReply, error } from '../resp/reply.ts';
import type { KeyContext } from './context.ts';
import { NOT_AN_INTEGER, parseInteger } from './integer-argument.ts';

/**
 * Times of requests become log time here, and log time becomes wall time. Inside there is log
 * time only: it starts near 0, and an `expiresAtMs` of 0 is `NEVER`, so whoever sets an expiry
 * first asks `isPast` and deletes instead.
 */
export interface ExpiryUnit {
  readonly msPerUnit: 1 | 1000;
  /** Whether the number counts from 1970 on the wall clock, or from now. */
  readonly absolute: boolean;
}

export const SECONDS: ExpiryUnit = { msPerUnit: 1000, absolute: false };
export const MILLISECONDS: ExpiryUnit = { msPerUnit: 1, absolute: false };
export const UNIX_SECONDS: ExpiryUnit = { msPerUnit: 1000, absolute: true };
export const UNIX_MILLISECONDS: ExpiryUnit = { msPerUnit: 1, absolute: true };

/**
 * The longest time, about 71,000 years: with the lease guard on top it stays an exact integer.
 * Redis takes times up to 2^63 ms and refuses longer ones with the same sentence.
 */
const expiryMsMax = 2 ** 51;
/** The smallest number of seconds whose milliseconds are a signed 64-bit integer. */
const int64SecondsMin = -9223372036854775n;

/** Redis' sentence for a time that is not positive or too long (`addReplyErrorExpireTime`). */
function invalidExpireTime(commandName: ByteString): ErrorReply {
  return error(`ERR invalid expire time in '${commandName}' command`);
}

/**
 * The log time that a positive number of `unit` names, as SET, SETEX and GETEX take it.
 *
 * @returns log time in ms, in the past perhaps if the unit is absolute; or the error reply
 */
export function parseExpiry(
  context: KeyContext,
  text: ByteString,
  { unit, commandName }: { readonly unit: ExpiryUnit; readonly commandName: ByteString },
): number | ErrorReply {
  const value = parseInteger(text);
  if (value !== undefined && value <= 0) return invalidExpireTime(commandName);
  return logTimeOf(context, value, { unit, commandName });
}

/** As `parseExpiry`, for EXPIRE and its kin, where a number that is not positive is the past. */
export function parseSignedExpiry(
  context: KeyContext,
  text: ByteString,
  expiry: { readonly unit: ExpiryUnit; readonly commandName: ByteString },
): number | ErrorReply {
  return logTimeOf(context, parseInteger(text), expiry);
}

/** Whether setting this expiry means to delete the key. */
export function isPast(context: KeyContext, expiresAtMs: number): boolean {
  return expiresAtMs <= context.keyspace.nowMs;
}

/** What PTTL tells: never negative, because a lease is there until the server lets go of it. */
export function remainingMs(context: KeyContext, lease: Lease): number {
  return Math.max(0, lease.expiresAtMs - context.keyspace.nowMs);
}

/** The wall time in ms since 1970 at which the lease expires; -1 if it does not. */
export function unixMsOf(context: KeyContext, lease: Lease): number {
  if (lease.expiresAtMs === NEVER) return -1;
  return Math.floor(context.wallMs + (lease.expiresAtMs - context.keyspace.nowMs));
}

/** Rounded up: a fraction of the wall clock never shortens a lease. */
function logTimeOf(
  context: KeyContext,
  value: ReturnType<typeof parseInteger>,
  { unit, commandName }: { readonly unit: ExpiryUnit; readonly commandName: ByteString },
): number | ErrorReply {
  if (value === undefined) return NOT_AN_INTEGER;
  const { msPerUnit, absolute } = unit;
  const tooSmall = msPerUnit === 1000 && typeof value === 'bigint' && value < int64SecondsMin;
  if (tooSmall || value > expiryMsMax / msPerUnit) return invalidExpireTime(commandName);
  const { nowMs } = context.keyspace;
  const ms = Number(value) * msPerUnit;
  return absolute ? Math.ceil(nowMs + (ms - context.wallMs)) : nowMs + ms;
}
