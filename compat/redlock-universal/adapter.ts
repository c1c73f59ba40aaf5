import { createClient } from 'redis6';
import { createLock, LockAcquisitionError, NodeRedisAdapter } from 'redlock-universal';
import { installedVersion } from '../installed-version.ts';
import { type HeldLock, type LockClient, pollMs, refusedBy, triesWithin } from '../lock-client.ts';

/** Over node-redis 6, so that a lock library is driven in RESP3 as well. */
export const redlockUniversal: LockClient = {
  name: 'redlock-universal',
  version: installedVersion('redlock-universal'),
  protocol: 3,
  open: async ({ host, port }) => {
    const redis = createClient({ socket: { host, port } });
    redis.on('error', () => {
      // Without a listener a lost connection would end the process; the pending call rejects.
    });
    await redis.connect();
    const adapter = NodeRedisAdapter.from(redis);
    return {
      tryAcquire: async (name, ttlMs) => {
        let held: HeldLock | undefined;
        await refusedBy(isRefusal, async () => {
          held = await acquire(adapter, name, ttlMs, 0);
        });
        return held;
      },
      acquire: (name, { ttlMs, waitMs }) => acquire(adapter, name, ttlMs, triesWithin(waitMs)),
      close: async () => {
        await redis.quit();
      },
    };
  },
};

async function acquire(
  adapter: NodeRedisAdapter,
  key: string,
  ttlMs: number,
  retryAttempts: number,
): Promise<HeldLock> {
  // Its circuit breaker counts refusals as failures of the server, and would stop asking.
  const retry = { retryAttempts, retryDelay: pollMs, circuitBreaker: false };
  const lock = createLock({ adapter, key, ttl: ttlMs, ...retry });
  const handle = await lock.acquire();
  return {
    extend: (newTtlMs) => lock.extend(handle, newTtlMs),
    release: () => lock.release(handle),
  };
}

function isRefusal(error: unknown): boolean {
  return error instanceof LockAcquisitionError;
}
