import { FencepostError } from '../base/errors.ts';
import type { Effect } from '../keyspace/effect.ts';
import { decodeEffects } from '../keyspace/effect-codec.ts';
import type { Entry } from '../raft/types.ts';

interface Decoded {
  readonly entry: Entry;
  readonly effects: readonly Effect[];
}

/** Entries that are in the log and not committed are fewer than this, as a rule. */
const keptCount = 256;

/**
 * The effects of entries that another leader proposed. They are decoded when they come in, while
 * they still can be refused: at their commit it would be too late. What was decoded is kept in a
 * ring by index; an entry that has lost its place to another one is decoded once more.
 */
export class ForeignEffects {
  readonly #databaseCount: number;
  readonly #ring = new Array<Decoded | undefined>(keptCount).fill(undefined);

  constructor(databaseCount: number) {
    this.#databaseCount = databaseCount;
  }

  /** @throws FencepostError if one of the entries holds what no leader proposes */
  admit(entries: readonly Entry[]): void {
    for (const entry of entries) {
      if (entry.kind !== 'effects') continue;
      const effects = decodeEffects(entry.payload);
      for (const effect of effects) this.#checkDatabase(effect);
      this.#ring[entry.index % keptCount] = { entry, effects };
    }
  }

  /** The effects of a committed entry; one that was recovered from the disk is decoded now. */
  take(entry: Entry): readonly Effect[] {
    const place = entry.index % keptCount;
    const decoded = this.#ring[place];
    if (decoded?.entry !== entry) return decodeEffects(entry.payload);
    this.#ring[place] = undefined;
    return decoded.effects;
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
