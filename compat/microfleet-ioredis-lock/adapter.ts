import {
  createLock,
  LockAcquisitionError,
  LockExtendError,
  LockReleaseError,
} from '@microfleet/ioredis-lock';
import { Redis } from 'ioredis';
import { installedVersion } from '../installed-version.ts';
import { type HeldLock, type LockClient, pollMs, refusedBy, triesWithin } from '../lock-client.ts';

export const microfleetIoredisLock: LockClient = {
  name: '@microfleet/ioredis-lock',
  version: installedVersion('@microfleet/ioredis-lock'),
  protocol: 2,
  open: async ({ host, port }) => {
    const redis = new Redis({ host, port, lazyConnect: true });
    await redis.connect();
    return {
      tryAcquire: async (name, ttlMs) => {
        let held: HeldLock | undefined;
        await refusedBy(isRefusal, async () => {
          held = await acquire(redis, name, ttlMs, 0);
        });
        return held;
      },
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
  retries: number,
): Promise<HeldLock> {
  const lock = createLock(redis, { timeout: ttlMs, retries, delay: pollMs });
  await lock.acquire(name);
  return {
    extend: async (newTtlMs) => !(await refusedBy(isRefusal, () => lock.extend(newTtlMs))),
    release: async () => !(await refusedBy(isRefusal, () => lock.release())),
  };
}

function isRefusal(error: unknown): boolean {
  return (
    error instanceof LockAcquisitionError ||
    error instanceof LockExtendError ||
    error instanceof LockReleaseError
  );
}
