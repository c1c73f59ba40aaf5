import { performance } from 'node:perf_hooks';
import type { Redis } from 'ioredis';

export interface LeaseGrant {
  readonly key: string;
  readonly owner: string;
  readonly token: number;
  readonly ttlMs: number;
  /** `performance.now()` before the request that was granted was sent. */
  readonly sentAtMs: number;
}

/** The share of its time during which a holder may trust a lease: clocks differ in rate. */
const trustedShare = 0.9;

/** A timer of Node takes no more, and fires at once if it is given more. */
const timerMsMax = 2 ** 31 - 1;

/** One granted lease: its fencing token, and until when its holder may rely on it. */
export class Lease {
  readonly key: string;
  readonly owner: string;
  /**
   * Send it with every write that the lock protects. The resource refuses a token smaller than
   * one that it has seen, so a holder that slept through the end of its lease does no harm.
   */
  readonly token: number;
  readonly #redis: Redis;
  #ttlMs: number;
  #trustedUntilMs: number;
  #timer: NodeJS.Timeout | undefined;
  #aborter: AbortController | undefined;
  #released = false;

  constructor(redis: Redis, grant: LeaseGrant) {
    this.#redis = redis;
    this.key = grant.key;
    this.owner = grant.owner;
    this.token = grant.token;
    this.#ttlMs = grant.ttlMs;
    this.#trustedUntilMs = grant.sentAtMs + grant.ttlMs * trustedShare;
  }

  /** Ms for which the lease may still be relied on; 0 when it may not. */
  get trustedMs(): number {
    return Math.max(0, this.#trustedUntilMs - performance.now());
  }

  /**
   * Asks for `ttlMs` from now on, which is the time of the acquisition by default.
   *
   * @returns false if the lease is somebody else's or nobody's now; it is not trusted any more
   */
  async extend(ttlMs: number = this.#ttlMs): Promise<boolean> {
    const sentAtMs = performance.now();
    const token = await this.#redis.call('KEXTEND', this.key, this.owner, ttlMs);
    if (this.#released || Number(token) !== this.token) {
      this.#trustedUntilMs = 0;
      return false;
    }
    this.#ttlMs = ttlMs;
    this.#trustedUntilMs = sentAtMs + ttlMs * trustedShare;
    return true;
  }

  /** Gives the lease back; false if it was not this owner's any more. */
  async release(): Promise<boolean> {
    this.#stopExtending();
    this.#released = true;
    this.#trustedUntilMs = 0;
    return Number(await this.#redis.call('KUNLOCK', this.key, this.owner)) === 1;
  }

  /**
   * Extends the lease at every third of its time until `release`; called again, it goes on so.
   *
   * @returns a signal that aborts when the lease was lost, or could not be confirmed in time
   */
  keepExtending(): AbortSignal {
    if (this.#aborter === undefined) {
      this.#aborter = new AbortController();
      this.#schedule(this.#aborter);
    }
    return this.#aborter.signal;
  }

  #schedule(aborter: AbortController): void {
    const pauseMs = Math.min(this.#ttlMs / 3, this.trustedMs, timerMsMax);
    this.#timer = setTimeout(() => void this.#extendOrAbort(aborter), pauseMs);
  }

  /** Its promise is not awaited by the timer; it never rejects. */
  async #extendOrAbort(aborter: AbortController): Promise<void> {
    const abortTimer = setTimeout(() => aborter.abort(), Math.min(this.trustedMs, timerMsMax));
    const extended = await this.extend().catch(() => this.trustedMs > 0);
    clearTimeout(abortTimer);
    if (this.#aborter === undefined || aborter.signal.aborted) return;
    if (extended && this.trustedMs > 0) this.#schedule(aborter);
    else aborter.abort();
  }

  #stopExtending(): void {
    clearTimeout(this.#timer);
    this.#aborter = undefined;
  }
}
