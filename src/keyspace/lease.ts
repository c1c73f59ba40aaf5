import type { ByteString } from '../base/byte-string.ts';

declare const brand: unique symbol;

/** A fencing token: 1 for the first grant of a partition, one more for each grant after it. */
export type Token = number & { readonly [brand]: 'Token' };

/** `as`: the only place where a plain number becomes a token; callers vouch for the meaning. */
export const tokenOf = (value: number): Token => value as Token;

/** The `expiresAtMs` of a lease that does not end by itself. */
export const NEVER = 0;

/**
 * What is true of one hold of one key at a moment. The object never changes: a later effect puts
 * another lease in its place. Those of `base` are made when they are asked for, so two of them
 * that say the same are not the same object.
 */
export interface Lease {
  readonly db: number;
  readonly key: ByteString;
  /** The value, which is the owner. */
  readonly value: ByteString;
  readonly token: Token;
  /** Log time in ms at which the owner's time is over (what PTTL counts down to), or `NEVER`. */
  readonly expiresAtMs: number;
  /** Log time at which the server lets go: `expiresAtMs` and the margin for clock rates. */
  readonly endsAtMs: number;
  /** The id of the request that created it, so that its repetition is recognised; '' if none. */
  readonly requestId: ByteString;
}

/** All leases have the same fields in the same order, whatever they are made of. */
export function leaseOf(says: Lease): Lease {
  return {
    db: says.db,
    key: says.key,
    value: says.value,
    token: says.token,
    expiresAtMs: says.expiresAtMs,
    endsAtMs: says.endsAtMs,
    requestId: says.requestId,
  };
}
