import { Redis } from 'ioredis';
import { Mutex } from 'redis-semaphore';
import { installedVersion } from '../installed-version.ts';
import { type HeldLock, type LockClient, pollMs } from '../lock-client.ts';

/** Its Mutex; a refresh interval of 0 leaves extending to us. */
export const redisSemaphore: LockClient = {
  name: 'redis-semaphore (Mutex)',
  version: installedVersion('redis-semaphore'),
  protocol: 2,
  storedKey: (name) => `mutex:${name}`,
  open: async ({ host, port }) => {
    const redis = new Redis({ host, port, lazyConnect: true });
    await redis.connect();
    return {
      tryAcquire: async (name, ttlMs) => {
        const mutex = new Mutex(redis, name, {
          lockTimeout: ttlMs,
          refreshInterval: 0,
          acquireAttemptsLimit: 1,
        });
        return (await mutex.tryAcquire()) ? heldMutex(redis, name, mutex) : undefined;
      },
      acquire: async (name, { ttlMs, waitMs }) => {
        const mutex = new Mutex(redis, name, {
          lockTimeout: ttlMs,
          refreshInterval: 0,
          acquireTimeout: waitMs,
          retryInterval: pollMs,
        });
        await mutex.acquire();
        return heldMutex(redis, name, mutex);
      },
      close: async () => {
        await redis.quit();
      },
    };
  },
};

function heldMutex(redis: Redis, name: string, mutex: Mutex): HeldLock {
  return {
    // The library extends when it "acquires" what its identifier holds already.
    extend: (ttlMs) =>
      new Mutex(redis, name, {
        lockTimeout: ttlMs,
        refreshInterval: 0,
        acquireAttemptsLimit: 1,
        identifier: mutex.identifier,
        acquiredExternally: true,
      }).tryAcquire(),
    release: async () => {
      await mutex.release();
      return undefined;
    },
  };
}
