import { performance } from 'node:perf_hooks';

/**
 * The clocks of one process, read once a turn.
 *
 * The monotonic clock drives leases. It is whole ms, see `LogClock`. The loop is late when two
 * turns began further apart than its own timer should allow: a garbage collection, a SIGSTOP, a
 * slow script, many requests at once. Node then runs due timers before it reads queued sockets, so
 * a renewal that came in time may still be unread; until one full poll phase has passed nothing
 * may expire.
 *
 * The wall clock is the monotonic clock and an offset that follows the system's wall clock only
 * when they differ by more than its resolution. So EXPIRETIME of one lease is the same number at
 * every call, and a jump of the wall clock moves no lease.
 */
export class LoopClock {
  readonly #lateMs: number;
  #monotonicMs: number;
  #wallOffsetMs = 0;
  #turnBeganMs: number;
  /** Delays so far, and those of them after which a full poll phase has passed. */
  #delayCount = 0;
  #caughtUpCount = 0;

  /** @param lateMs how far apart two turns may begin before the loop counts as late */
  constructor(lateMs: number) {
    this.#lateMs = lateMs;
    this.#monotonicMs = Math.floor(performance.now());
    this.#turnBeganMs = this.#monotonicMs;
    this.followWallClock();
  }

  /** Whole ms on the monotonic clock, as of the last `look`. */
  get monotonicMs(): number {
    return this.#monotonicMs;
  }

  /** Ms since 1970, as of the last `look`. */
  get wallMs(): number {
    return this.#monotonicMs + this.#wallOffsetMs;
  }

  /** Whether requests may still be unread that came before the beginning of this turn. */
  get late(): boolean {
    return this.#caughtUpCount < this.#delayCount;
  }

  /** Reads the clock at the beginning of a turn. */
  beginTurn(): void {
    this.look();
    if (this.#monotonicMs - this.#turnBeganMs > this.#lateMs) this.#waitForPoll();
    this.#turnBeganMs = this.#monotonicMs;
  }

  /** Reads the clock within a turn, however long it takes: the next one finds out. */
  look(): void {
    this.#monotonicMs = Math.floor(performance.now());
  }

  /** Compares the offset with the system's wall clock; now and then is often enough. */
  followWallClock(): void {
    const offsetMs = Math.round(Date.now() - performance.now());
    if (Math.abs(offsetMs - this.#wallOffsetMs) > wallResolutionMs) this.#wallOffsetMs = offsetMs;
  }

  /**
   * The first check phase may end a poll phase that began before the delay; the second cannot. A
   * delay in between begins its own wait.
   */
  #waitForPoll(): void {
    this.#delayCount += 1;
    const delay = this.#delayCount;
    setImmediate(() =>
      setImmediate(() => {
        this.#caughtUpCount = delay;
      }),
    );
  }
}

const wallResolutionMs = 20;
