import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis6';
import { installedVersion } from '../installed-version.ts';
import type { HeldLock, LockClient } from '../lock-client.ts';
import { pollUntilHeld } from '../plain-recipe.ts';

/** KLOCK, KEXTEND and KUNLOCK through a client that has never heard of them (DESIGN.md 4). */
export const fencepostCommands: LockClient = {
  name: 'KLOCK through ioredis',
  version: installedVersion('ioredis6'),
  protocol: 3,
  open: async ({ host, port }) => {
    const redis = new Redis({ host, port, lazyConnect: true });
    await redis.connect();
    const tryAcquire = async (name: string, ttlMs: number): Promise<HeldLock | undefined> => {
      const owner = randomUUID();
      if ((await redis.call('KLOCK', name, owner, ttlMs)) === null) {
        return undefined;
      }
      return {
        extend: async (newTtlMs) => (await redis.call('KEXTEND', name, owner, newTtlMs)) !== null,
        release: async () => (await redis.call('KUNLOCK', name, owner)) === 1,
      };
    };
    return {
      tryAcquire,
      acquire: (name, { ttlMs, waitMs }) => pollUntilHeld(() => tryAcquire(name, ttlMs), waitMs),
      close: async () => {
        await redis.quit();
      },
    };
  },
};
