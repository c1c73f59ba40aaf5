import type { ByteString } from '../base/byte-string.ts';
import { popularSources } from './known-popular-sources.ts';
import { redlockSources } from './known-redlock-sources.ts';
import type { NativeScript } from './known-shapes.ts';

/**
 * A script that lock libraries send, word for word, and what runs in its place. The interpreter
 * gives the same replies and the same effects, only slower; so this table is a matter of speed
 * alone, and a script that is not in it lacks nothing.
 */
export interface KnownScript {
  /** Who sends it. */
  readonly name: string;
  readonly sha1: ByteString;
  /** Not needed to run it; here so that the SHA-1 can be checked. */
  readonly source: ByteString;
  /** Undefined, with nothing done, for a call that the interpreter must handle. */
  readonly run: NativeScript;
}

export const knownScripts: readonly KnownScript[] = [...popularSources, ...redlockSources];

const bySha1 = new Map(knownScripts.map((script) => [script.sha1, script]));

/** The known script with this SHA-1 in lower-case digits. */
export function findKnownScript(sha1: ByteString): KnownScript | undefined {
  return bySha1.get(sha1);
}
