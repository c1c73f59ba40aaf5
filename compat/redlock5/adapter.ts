import { Redis } from 'ioredis5';
import Redlock, { ExecutionError } from 'redlock5';
import { installedVersion } from '../installed-version.ts';
import { type HeldLock, type LockClient, pollMs, refusedBy, triesWithin } from '../lock-client.ts';

/** One endpoint, so that its quorum is one of one: the server is the quorum. */
export const redlock5: LockClient = {
  name: 'redlock',
  version: installedVersion('redlock5'),
  protocol: 2,
  open: async ({ host, port }) => {
    const redis = new Redis({ host, port, lazyConnect: true });
    await redis.connect();
    const redlock = new Redlock([redis], { retryDelay: pollMs, retryJitter: pollMs });
    redlock.on('error', () => {
      // It also emits every vote against; the call that was refused rejects as well.
    });
    return {
      tryAcquire: async (name, ttlMs) => {
        let held: HeldLock | undefined;
        await refusedBy(isExecutionError, async () => {
          held = await acquire(redlock, name, ttlMs, 0);
        });
        return held;
      },
      acquire: (name, { ttlMs, waitMs }) => acquire(redlock, name, ttlMs, triesWithin(waitMs)),
      close: async () => {
        await redis.quit();
      },
    };
  },
};

async function acquire(
  redlock: Redlock,
  name: string,
  ttlMs: number,
  retryCount: number,
): Promise<HeldLock> {
  let lock = await redlock.acquire([name], ttlMs, { retryCount });
  return {
    extend: async (newTtlMs) =>
      !(await refusedBy(isExecutionError, async () => {
        lock = await lock.extend(newTtlMs);
      })),
    release: async () => !(await refusedBy(isExecutionError, () => lock.release())),
  };
}

function isExecutionError(error: unknown): boolean {
  // An expired lock is refused by the library itself, with a plain Error.
  const expired = error instanceof Error && error.message.includes('already-expired lock');
  return expired || error instanceof ExecutionError;
}
