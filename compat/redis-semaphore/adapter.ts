import { Redis } from 'ioredis';
import { type LockOptions, Mutex } from 'redis-semaphore';
import { installedVersion } from '../installed-version.ts';
import { type HeldLock, type LockClient, pollMs } from '../lock-client.ts';

/** Its Mutex with a refresh interval of 0, which leaves extending to the caller. */
export const redisSemaphore: LockClient = mutexClient('redis-semaphore (Mutex)', false);

/** Its Mutex as it is by default: it extends at four fifths of the time to live. */
export const redisSemaphoreRefreshing: LockClient = mutexClient(
  'redis-semaphore (Mutex that refreshes)',
  true,
);

function mutexClient(name: string, extendsByItself: boolean): LockClient {
  const refresh: LockOptions = extendsByItself
    ? {
        onLockLost: () => {
          // Its default throws from a timer; what the contract looks at is the server.
        },
      }
    : { refreshInterval: 0 };
  return {
    name,
    version: installedVersion('redis-semaphore'),
    protocol: 2,
    extendsByItself,
    storedKey: (lockName) => `mutex:${lockName}`,
    open: async ({ host, port }) => {
      const redis = new Redis({ host, port, lazyConnect: true });
      await redis.connect();
      const open = new Set<Mutex>();
      const create = (lockName: string, options: LockOptions): Mutex => {
        const mutex = new Mutex(redis, lockName, { ...refresh, ...options });
        open.add(mutex);
        return mutex;
      };
      return {
        tryAcquire: async (lockName, ttlMs) => {
          const mutex = create(lockName, { lockTimeout: ttlMs, acquireAttemptsLimit: 1 });
          return (await mutex.tryAcquire()) ? heldMutex(redis, lockName, mutex) : undefined;
        },
        acquire: async (lockName, { ttlMs, waitMs }) => {
          const wait = { acquireTimeout: waitMs, retryInterval: pollMs };
          const mutex = create(lockName, { lockTimeout: ttlMs, ...wait });
          await mutex.acquire();
          return heldMutex(redis, lockName, mutex);
        },
        close: async () => {
          for (const mutex of open) {
            mutex.stopRefresh();
          }
          await redis.quit();
        },
      };
    },
  };
}

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
