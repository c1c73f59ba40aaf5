import type { ByteString } from '../base/byte-string.ts';

declare const brand: unique symbol;

/** A fencing token: 1 for the first grant of a partition, one more for each grant after it. */
export type Token = number & { readonly [brand]: 'Token' };

/** `as`: the only place where a plain number becomes a token; callers vouch for the meaning. */
export const tokenOf = (value: number): Token => value as Token;

/** The `expiresAtMs` of a lease that does not end by itself. */
export const NEVER = 0;

/**
 * One hold of one key. What a lease says never changes: a later effect puts another object in its
 * place, so a checkpoint may keep references while commands go on. The two fields at the end are
 * not part of what it says: the containers of `base` keep their own places there.
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
  /** Place in the expiry heap of `base`; -1 outside. */
  heapPosition: number;
  /** Place in the list of keys of its database in `base`; -1 outside. */
  listPosition: number;
}

/** A lease that no container holds yet. */
export function leaseOf(says: Omit<Lease, 'heapPosition' | 'listPosition'>): Lease {
  return {
    db: says.db,
    key: says.key,
    value: says.value,
    token: says.token,
    expiresAtMs: says.expiresAtMs,
    endsAtMs: says.endsAtMs,
    requestId: says.requestId,
    heapPosition: -1,
    listPosition: -1,
  };
}
