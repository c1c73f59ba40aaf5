import { Redis } from 'ioredis5';
import Redlock from 'redlock4';
import { installedVersion } from '../installed-version.ts';
import { type HeldLock, type LockClient, pollMs, refusedBy, triesWithin } from '../lock-client.ts';

/** One endpoint, so that its quorum is one of one: the server is the quorum. */
export const redlock4: LockClient = {
  name: 'redlock',
  version: installedVersion('redlock4'),
  protocol: 2,
  open: async ({ host, port }) => {
    const redis = new Redis({ host, port, lazyConnect: true });
    await redis.connect();
    return {
      tryAcquire: (name, ttlMs) => acquireOrUndefined(redis, name, ttlMs),
      acquire: (name, { ttlMs, waitMs }) => acquire(redis, name, ttlMs, triesWithin(waitMs)),
      close: async () => {
        await redis.quit();
      },
    };
  },
};

async function acquire(
  redis: Redis,
  name: string,
  ttlMs: number,
  retryCount: number,
): Promise<HeldLock> {
  const redlock = new Redlock([redis], { retryCount, retryDelay: pollMs, retryJitter: pollMs });
  let lock = await redlock.lock(name, ttlMs);
  return {
    extend: async (newTtlMs) =>
      !(await refusedBy(isLockError, async () => {
        lock = await lock.extend(newTtlMs);
      })),
    release: async () => !(await refusedBy(isLockError, () => lock.unlock())),
  };
}

async function acquireOrUndefined(
  redis: Redis,
  name: string,
  ttlMs: number,
): Promise<HeldLock | undefined> {
  let held: HeldLock | undefined;
  await refusedBy(isLockError, async () => {
    held = await acquire(redis, name, ttlMs, 0);
  });
  return held;
}

function isLockError(error: unknown): boolean {
  return error instanceof Redlock.LockError;
}
