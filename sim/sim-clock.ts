import type { Scheduler } from './scheduler.ts';

/** Nodes started long before their clusters, at different times. */
const offsetMsMax = 1_000_000;

/**
 * The clocks of one node: a monotonic one that may run too fast or too slow, and a wall clock
 * beside it that may jump. They go on while the node is down or paused.
 */
export class SimClock {
  readonly #scheduler: Scheduler;
  /** Node time at `#sinceMicros`, from where the clock runs at `#rate`. */
  #baseMs: number;
  #sinceMicros = 0;
  #rate = 1;
  wallOffsetMs = 1_700_000_000_000;

  /** @param offset between 0 and 1: what share of the largest offset the clock begins at */
  constructor(scheduler: Scheduler, offset: number) {
    this.#scheduler = scheduler;
    this.#baseMs = Math.floor(offset * offsetMsMax);
  }

  get rate(): number {
    return this.#rate;
  }

  /** From now on the clock counts `rate` ms in a ms of true time. */
  setRate(rate: number): void {
    this.#baseMs = this.#exactMs;
    this.#sinceMicros = this.#scheduler.nowMicros;
    this.#rate = rate;
  }

  /** Whole ms, as the process reads them. */
  get monotonicMs(): number {
    return Math.floor(this.#exactMs);
  }

  get wallMs(): number {
    return this.monotonicMs + this.wallOffsetMs;
  }

  /** How much true time passes while this clock counts `ms`. */
  microsFor(ms: number): number {
    return Math.round((ms * 1000) / this.#rate);
  }

  get #exactMs(): number {
    return this.#baseMs + ((this.#scheduler.nowMicros - this.#sinceMicros) * this.#rate) / 1000;
  }
}
