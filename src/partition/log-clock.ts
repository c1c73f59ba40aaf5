/**
 * The logical clock of one replica, in ms.
 *
 * It keeps one anchor: the log time of the last entry of its log, and its own monotonic time when
 * it appended that entry. Appending, truncating, installing a snapshot and restarting each replace
 * the anchor. It never takes a maximum over what other replicas said: their clocks may have run
 * while they led nobody, and leases would end early.
 *
 * Monotonic times are whole ms. With fractions, every append would round log time down and the
 * clock would fall behind by up to 1 ms an append.
 */
export class LogClock {
  #timeMs: number;
  #monotonicMs: number;
  #heldUntilMs = 0;

  constructor(lastTimeMs: number, monotonicMs: number) {
    this.#timeMs = lastTimeMs;
    this.#monotonicMs = monotonicMs;
  }

  /** The log now ends with an entry of this log time. */
  anchor(lastTimeMs: number, monotonicMs: number): void {
    this.#timeMs = lastTimeMs;
    this.#monotonicMs = monotonicMs;
  }

  /** Log time as this replica would stamp it now. */
  now(monotonicMs: number): number {
    const runsSinceMs = Math.max(this.#monotonicMs, this.#heldUntilMs);
    return this.#timeMs + Math.max(0, monotonicMs - runsSinceMs);
  }

  /** Holds the clock still where it stands, until `start` or `release`. */
  stop(monotonicMs: number): void {
    this.#hold(monotonicMs, Number.POSITIVE_INFINITY);
  }

  /**
   * Lets a clock that was stopped run again, after a grace in which the holders of leases reach a
   * new leader before their leases run out. One that is in its grace, or runs, gets no other.
   */
  start(monotonicMs: number, graceMs: number): void {
    if (graceMs === 0) this.release(monotonicMs);
    else if (this.#heldUntilMs === Number.POSITIVE_INFINITY) this.#hold(monotonicMs, graceMs);
  }

  /** Lets a held clock run again. */
  release(monotonicMs: number): void {
    this.anchor(this.now(monotonicMs), monotonicMs);
    this.#heldUntilMs = 0;
  }

  #hold(monotonicMs: number, graceMs: number): void {
    this.anchor(this.now(monotonicMs), monotonicMs);
    this.#heldUntilMs = monotonicMs + graceMs;
  }
}
