import type { ByteString } from '../base/byte-string.ts';
import type { Lease, Token } from './lease.ts';

/**
 * What a command changed, in absolute terms: applying an effect needs no clock, no chance and no
 * script, and gives every replica the same state.
 */
export type Effect =
  /** The key holds this lease from now on. `minted` tells that its token is a new one. */
  | { readonly kind: 'put'; readonly lease: Lease; readonly minted: boolean }
  /** The lease with this token gets another end and keeps everything else. */
  | { readonly kind: 'move'; readonly lease: Lease }
  /** The key is free: its owner released it, or a command deleted it. */
  | { readonly kind: 'delete'; readonly db: number; readonly key: ByteString }
  /** The lease with this token is over by its time; a lease with another token stays. */
  | {
      readonly kind: 'expire';
      readonly db: number;
      readonly key: ByteString;
      readonly token: Token;
    }
  /** Every key of one database is free. */
  | { readonly kind: 'flush'; readonly db: number }
  /** The next grant gets a token above this one: what was granted up to it may have been lost. */
  | { readonly kind: 'raise-token'; readonly token: Token }
  /** A message for the subscribers of `channel`; changes no key. */
  | { readonly kind: 'publish'; readonly channel: ByteString; readonly message: ByteString }
  /** The cluster knows this script from now on (SCRIPT LOAD, EVAL). */
  | { readonly kind: 'script'; readonly sha1: ByteString; readonly source: ByteString }
  /** The cluster forgets every script (SCRIPT FLUSH). */
  | { readonly kind: 'forget-scripts' };
