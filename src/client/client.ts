import { randomUUID } from 'node:crypto';
import { performance } from 'node:perf_hooks';
import { Redis, type RedisOptions } from 'ioredis';
import { Lease } from './lease.ts';

/** How to reach the server, as ioredis takes it. */
export type ConnectionOptions = Omit<RedisOptions, 'replyMapping'>;

export interface AcquireOptions {
  /** How long the lease lasts without `extend`, in ms; a positive integer. */
  readonly ttlMs: number;
  /** Who asks. The default is a random one, which nobody else has. */
  readonly owner?: string;
  /** How long to try while somebody else holds the lock, in ms. The default is not to wait. */
  readonly waitMs?: number;
}

/**
 * Locks with fencing tokens, over one connection to Fencepost.
 *
 * The client adds nothing that the server does not promise: it counts time from before a request
 * is sent, and it says no when it does not know.
 */
export class FencepostClient {
  readonly #redis: Redis;
  readonly #ownsConnection: boolean;

  /**
   * @param connection an ioredis connection to share, which `close` leaves open, or the options
   *   for one of the client's own
   */
  constructor(connection: Redis | ConnectionOptions = { port: 7379 }) {
    if (connection instanceof Redis) {
      this.#redis = connection;
      this.#ownsConnection = false;
    } else {
      this.#redis = new Redis(connection);
      this.#ownsConnection = true;
    }
  }

  /**
   * Asks for the lease of `key`.
   *
   * @returns the lease, or undefined if somebody else held it until `waitMs` was over
   * @throws the server's error, or ioredis' if the connection is lost
   */
  async acquire(key: string, options: AcquireOptions): Promise<Lease | undefined> {
    const { ttlMs, owner = randomUUID(), waitMs = 0 } = options;
    const giveUpAtMs = performance.now() + waitMs;
    for (let attempt = 0; ; attempt += 1) {
      const sentAtMs = performance.now();
      const token = await this.#redis.call('KLOCK', key, owner, ttlMs);
      // With the option stringNumbers, ioredis makes a string of it.
      if (token !== null) {
        return new Lease(this.#redis, { key, owner, token: Number(token), ttlMs, sentAtMs });
      }
      const pauseMs = pauseBeforeMs(attempt);
      if (performance.now() + pauseMs > giveUpAtMs) return undefined;
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
  }

  /**
   * Runs `work` while holding the lease, which is extended at every third of its time. A lease
   * that cannot be given back ends by itself; that hides neither what `work` returned nor what it
   * threw.
   *
   * @param work gets the lease and a signal that aborts as soon as the lease must not be trusted
   * @returns what `work` returned, or undefined if the lease was not granted
   */
  async withLease<Result>(
    key: string,
    options: AcquireOptions,
    work: (lease: Lease, signal: AbortSignal) => Promise<Result>,
  ): Promise<Result | undefined> {
    const lease = await this.acquire(key, options);
    if (lease === undefined) return undefined;
    const signal = lease.keepExtending();
    try {
      return await work(lease, signal);
    } finally {
      await lease.release().catch(() => false);
    }
  }

  /** Ends the connection if it is the client's own. */
  async close(): Promise<void> {
    if (this.#ownsConnection) await this.#redis.quit();
  }
}

/** Grows from 10 to 200 ms, spread by half so that waiting clients do not ask in step. */
function pauseBeforeMs(attempt: number): number {
  const pauseMs = Math.min(10 * 2 ** Math.min(attempt, 5), 200);
  return pauseMs * (0.75 + Math.random() / 2);
}
