import type { Envelope } from './message.ts';
import type { Entry, HardState, Index, ReplicaId, SnapshotPlace, Term } from './types.ts';

/** A quorum confirmed the leader after the round `id` had begun: read at `index` or later. */
export interface ReadConfirmation {
  readonly id: number;
  /** The read is linearizable once this replica has applied up to here (thesis 6.4). */
  readonly index: Index;
}

/** A follower needs what the leader's log no longer holds (thesis 5.3). */
export interface SnapshotRequest {
  readonly to: ReplicaId;
  /** The term and the session that the `InstallSnapshot` at the other end has to name. */
  readonly term: Term;
  readonly session: number;
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
  /**
   * States to send, each answered once: `snapshotSent` when the other node has all of it,
   * `snapshotFailed` if it will not. No second request for a follower comes before the answer.
   */
  readonly snapshotRequests: readonly SnapshotRequest[];
  /**
   * The state that was staged for an `InstallSnapshot` takes the place of this replica's. Once it
   * and a log that begins after it are on disk and the state in memory is replaced, call
   * `snapshotInstalled`. `committed` stays empty from here until then. If an `InstallSnapshot`
   * leads to none, it was not needed: what was staged can be thrown away.
   */
  readonly snapshot: SnapshotPlace | undefined;
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
  snapshotRequests: Object.freeze([]),
  snapshot: undefined,
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
