import type { ByteString } from '../base/byte-string.ts';

/**
 * Replies as values. A command returns one; the encoder writes it in the protocol of the session
 * that asked (RESP3 spec; redis.io/docs/reference/protocol-spec). A kind that RESP2 lacks is
 * written there as Redis does: a map as a flat array, a double as a bulk string, and so on.
 */
export type Reply =
  | { readonly kind: 'simple'; readonly text: ByteString }
  /** `text` starts with the error's word: `ERR syntax error`. It must hold no CR and no LF. */
  | { readonly kind: 'error'; readonly text: ByteString }
  | { readonly kind: 'integer'; readonly value: number | bigint }
  | { readonly kind: 'bulk'; readonly value: ByteString }
  /** `$-1` in RESP2, `_` in RESP3. */
  | { readonly kind: 'null' }
  /** `*-1` in RESP2 (an EXEC that a WATCH stopped), `_` in RESP3. */
  | { readonly kind: 'null-array' }
  | { readonly kind: 'array'; readonly items: readonly Reply[] }
  | { readonly kind: 'map'; readonly entries: readonly (readonly [Reply, Reply])[] }
  | { readonly kind: 'set'; readonly items: readonly Reply[] }
  /** Out of band in RESP3; an ordinary array in RESP2. */
  | { readonly kind: 'push'; readonly items: readonly Reply[] }
  /** Several in the place of one, as (un)subscribe commands answer, also inside of EXEC. */
  | { readonly kind: 'several'; readonly items: readonly Reply[] }
  /** `:1` and `:0` in RESP2. */
  | { readonly kind: 'boolean'; readonly value: boolean }
  /** A bulk string in RESP2. */
  | { readonly kind: 'double'; readonly value: number }
  /** Decimal digits; a bulk string in RESP2. */
  | { readonly kind: 'big-number'; readonly digits: ByteString }
  /** `format` has three characters (`txt`, `mkd`); a bulk string in RESP2. */
  | { readonly kind: 'verbatim'; readonly format: ByteString; readonly value: ByteString }
  /** Nothing is written: CLIENT REPLY OFF, and commands that answered by pushes. */
  | { readonly kind: 'none' };

export type ErrorReply = Extract<Reply, { kind: 'error' }>;

export const OK: Reply = { kind: 'simple', text: 'OK' };
export const QUEUED: Reply = { kind: 'simple', text: 'QUEUED' };
export const NULL: Reply = { kind: 'null' };
export const NULL_ARRAY: Reply = { kind: 'null-array' };
export const ZERO: Reply = { kind: 'integer', value: 0 };
export const ONE: Reply = { kind: 'integer', value: 1 };
export const EMPTY_ARRAY: Reply = { kind: 'array', items: [] };
export const NONE: Reply = { kind: 'none' };

export function integer(value: number | bigint): Reply {
  return { kind: 'integer', value };
}

export function bulk(value: ByteString): Reply {
  return { kind: 'bulk', value };
}

/** The bulk string, or null where there is none. */
export function bulkOrNull(value: ByteString | undefined): Reply {
  return value === undefined ? NULL : { kind: 'bulk', value };
}

export function simple(text: ByteString): Reply {
  return { kind: 'simple', text };
}

/** An error whose first word is its code: `error('ERR syntax error')`. */
export function error(text: ByteString): ErrorReply {
  return { kind: 'error', text };
}

export function array(items: readonly Reply[]): Reply {
  return { kind: 'array', items };
}

export function bulks(values: readonly ByteString[]): Reply {
  return { kind: 'array', items: values.map(bulk) };
}
