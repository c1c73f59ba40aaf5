import { FencepostError } from '../base/errors.ts';
import type { Effect } from '../keyspace/effect.ts';
import { decodeEffects } from '../keyspace/effect-codec.ts';
import type { Entry } from '../raft/types.ts';

/**
 * The effects of entries that another leader proposed. They are decoded when they come in, while
 * they still can be refused: at their commit it would be too late, and each is decoded once only.
 */
export class ForeignEffects {
  readonly #databaseCount: number;
  /** Entries that are cut, or never reach the log, leave by themselves. */
  readonly #decoded = new WeakMap<Entry, readonly Effect[]>();

  constructor(databaseCount: number) {
    this.#databaseCount = databaseCount;
  }

  /** @throws FencepostError if one of the entries holds what no leader proposes */
  admit(entries: readonly Entry[]): void {
    for (const entry of entries) {
      if (entry.kind !== 'effects') continue;
      const effects = decodeEffects(entry.payload);
      for (const effect of effects) this.#checkDatabase(effect);
      this.#decoded.set(entry, effects);
    }
  }

  /** The effects of a committed entry; one that was recovered from the disk is decoded now. */
  take(entry: Entry): readonly Effect[] {
    const effects = this.#decoded.get(entry);
    if (effects === undefined) return decodeEffects(entry.payload);
    this.#decoded.delete(entry);
    return effects;
  }

  #checkDatabase(effect: Effect): void {
    const db = databaseOf(effect);
    if (db < this.#databaseCount) return;
    throw new FencepostError('PEER_PROTOCOL', `an effect in database ${db}`);
  }
}

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
