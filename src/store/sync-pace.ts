import type { StoreMode } from './store-port.ts';

/*
 * Whether the next turn is written on the event loop or through the thread pool. On the loop a
 * turn saves two thread hops, as long as the disk answers faster than they take; a slow disk
 * must not hold up the sockets.
 */

/** Milliseconds of a write and its sync above which the loop does not wait for them. */
const quickMs = 1;
/**
 * One sync that waited for somebody else's writes counts as this much, however long it took: the
 * loop is left when most syncs are slow, not for a few. By threads each write is synced about as
 * soon as it comes, and a disk that stalls now and then gets more to do instead of less.
 */
const countedMsMax = 2;
/** Share of the newest measurement in the average. */
const weight = 1 / 16;
/** After a slow phase one turn is tried on the loop; the pauses between tries double. */
const probePauseMs = { first: 250, max: 4000 };

export class SyncPace {
  readonly #mode: StoreMode;
  #averageMs = 0;
  #slow = false;
  #pauseMs: number = probePauseMs.first;
  #probeAtMs = 0;

  constructor(mode: StoreMode) {
    this.#mode = mode;
  }

  /** @param waiting turns that are not durable yet, behind which a turn on the loop cannot go */
  onLoop(waiting: number, nowMs: number): boolean {
    if (this.#mode !== 'auto') return this.#mode === 'on-loop';
    if (waiting > 0) return false;
    return !this.#slow || nowMs >= this.#probeAtMs;
  }

  /** Takes in how long a turn on the loop took. */
  measured(tookMs: number, nowMs: number): void {
    if (this.#slow) {
      if (tookMs <= quickMs) {
        this.#slow = false;
        this.#averageMs = tookMs;
        this.#pauseMs = probePauseMs.first;
        return;
      }
      this.#pauseMs = Math.min(2 * this.#pauseMs, probePauseMs.max);
      this.#probeAtMs = nowMs + this.#pauseMs;
      return;
    }
    this.#averageMs += (Math.min(tookMs, countedMsMax) - this.#averageMs) * weight;
    if (this.#averageMs <= quickMs) return;
    this.#slow = true;
    this.#probeAtMs = nowMs + this.#pauseMs;
  }
}
