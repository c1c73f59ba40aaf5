import { performance } from 'node:perf_hooks';

/** The system's wall clock has a resolution of ms, and is adjusted by small steps. */
const toleranceMs = 20;

/**
 * The wall clock in microseconds (TIME): the monotonic clock and an offset, which follows the
 * system's wall clock once they differ by more than its own resolution and small adjustments.
 */
export class WallClock {
  #offsetMs = Date.now() - performance.now();

  /** Microseconds since 1970. */
  micros(): number {
    const offsetMs = Date.now() - performance.now();
    if (Math.abs(offsetMs - this.#offsetMs) > toleranceMs) this.#offsetMs = offsetMs;
    return Math.floor((performance.now() + this.#offsetMs) * 1000);
  }
}
