import { FencepostError } from '../base/errors.ts';
import type { Effect } from '../keyspace/effect.ts';
import { decodeEffects } from '../keyspace/effect-codec.ts';
import type { Entry, Index } from '../raft/types.ts';

interface Decoded {
  readonly entry: Entry;
  readonly effects: readonly Effect[];
}

/**
 * The effects of entries that another leader proposed. They are decoded when they come in, while
 * they still can be refused: at their commit it would be too late, and each is decoded once only.
 */
export class ForeignEffects {
  readonly #databaseCount: number;
  /**
   * By index; one that is cut gives way to the entry that takes its place. Not weakly by entry:
   * every collection of young objects would look at each of them.
   */
  readonly #decoded = new Map<Index, Decoded>();

  constructor(databaseCount: number) {
    this.#databaseCount = databaseCount;
  }

  /** @throws FencepostError if one of the entries holds what no leader proposes */
  admit(entries: readonly Entry[]): void {
    // Only entries that never reached the log can be so many.
    if (this.#decoded.size > decodedCountMax) this.#decoded.clear();
    for (const entry of entries) {
      if (entry.kind !== 'effects') continue;
      const effects = decodeEffects(entry.payload);
      for (const effect of effects) this.#checkDatabase(effect);
      this.#decoded.set(entry.index, { entry, effects });
    }
  }

  /** The effects of a committed entry; one that was recovered from the disk is decoded now. */
  take(entry: Entry): readonly Effect[] {
    const decoded = this.#decoded.get(entry.index);
    this.#decoded.delete(entry.index);
    return decoded?.entry === entry ? decoded.effects : decodeEffects(entry.payload);
  }

  /** What was decoded for entries up to `index`, and never applied, is not needed any more. */
  forgetUpTo(index: Index): void {
    for (const each of this.#decoded.keys()) if (each <= index) this.#decoded.delete(each);
  }

  #checkDatabase(effect: Effect): void {
    const db = databaseOf(effect);
    if (db < this.#databaseCount) return;
    throw new FencepostError('PEER_PROTOCOL', `an effect in database ${db}`);
  }
}

/** Beyond this many, what was decoded is forgotten, and is decoded again at its commit. */
const decodedCountMax = 65_536;

function databaseOf(effect: Effect): number {
  switch (effect.kind) {
    case 'put':
    case 'move':
      return effect.lease.db;
    case 'delete':
    case 'expire':
    case 'flush':
      return effect.db;
    default:
      return 0;
  }
}
