import { Redis } from 'ioredis6';
import { installedVersion } from '../installed-version.ts';
import type { LockClient } from '../lock-client.ts';
import { openRecipeSession } from '../plain-recipe.ts';

export const ioredis6: LockClient = {
  name: 'ioredis',
  version: installedVersion('ioredis6'),
  protocol: 3,
  open: async ({ host, port }) => {
    const redis = new Redis({ host, port, lazyConnect: true });
    await redis.connect();
    return openRecipeSession({
      setIfAbsent: async (key, owner, ttlMs) =>
        (await redis.set(key, owner, 'PX', ttlMs, 'NX')) === 'OK',
      evaluate: (script, key, args) => redis.eval(script, 1, key, ...args),
      close: async () => {
        await redis.quit();
      },
    });
  },
};
