import type { Envelope } from './message.ts';
import type { Entry, HardState, Index } from './types.ts';

/** A quorum confirmed the leader after the round `id` had begun: read at `index` or later. */
export interface ReadConfirmation {
  readonly id: number;
  /** The read is linearizable once this replica has applied up to here (thesis 6.4). */
  readonly index: Index;
}

/** Everything that the core wants done since it was last asked. */
export interface Output {
  /**
   * To write; then call `saved` with it. `messages` may leave at once all the same: what depends on
   * it is held back until then and comes in a later output.
   */
  readonly hardState: HardState | undefined;
  /**
   * To write; a first index at or below an earlier one cuts the log there first. When they and
   * everything before them are on disk, call `appended` with the last one's index and term, once
   * for each output, in order.
   */
  readonly entries: readonly Entry[];
  readonly messages: readonly Envelope[];
  /**
   * To apply, in order, each exactly once. They are on this replica's own disk too, so that a
   * checkpoint never gets ahead of the log.
   */
  readonly committed: readonly Entry[];
  readonly reads: readonly ReadConfirmation[];
  /** Read rounds given up, because this replica no longer leads. */
  readonly lostReads: readonly number[];
}

export const noEntries: readonly Entry[] = Object.freeze([]);

/** What a core with nothing to say returns; shared, so that asking costs nothing. */
export const emptyOutput: Output = Object.freeze({
  hardState: undefined,
  entries: noEntries,
  messages: Object.freeze([]),
  committed: noEntries,
  reads: Object.freeze([]),
  lostReads: Object.freeze([]),
});

/** A list that is filled in one turn and handed over whole. */
export class Batch<Item> {
  #items: Item[] = [];

  get isEmpty(): boolean {
    return this.#items.length === 0;
  }

  add(item: Item): void {
    this.#items.push(item);
  }

  /** Hands the items over; `whenEmpty` spares an allocation in the many turns without any. */
  take(whenEmpty: readonly Item[]): readonly Item[] {
    if (this.#items.length === 0) return whenEmpty;
    const items = this.#items;
    this.#items = [];
    return items;
  }

  clear(): void {
    this.#items.length = 0;
  }
}
