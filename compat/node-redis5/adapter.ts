import { createClient } from 'redis5';
import { installedVersion } from '../installed-version.ts';
import type { LockClient } from '../lock-client.ts';
import { openRecipeSession } from '../plain-recipe.ts';

export const nodeRedis5: LockClient = {
  name: 'redis (node-redis)',
  version: installedVersion('redis5'),
  protocol: 2,
  open: async ({ host, port }) => {
    const redis = createClient({ socket: { host, port } });
    redis.on('error', () => {
      // Without a listener a lost connection would end the process; the pending call rejects.
    });
    await redis.connect();
    return openRecipeSession({
      setIfAbsent: async (key, owner, ttlMs) =>
        (await redis.set(key, owner, { NX: true, PX: ttlMs })) === 'OK',
      evaluate: (script, key, args) => redis.eval(script, { keys: [key], arguments: [...args] }),
      close: async () => {
        await redis.quit();
      },
    });
  },
};
