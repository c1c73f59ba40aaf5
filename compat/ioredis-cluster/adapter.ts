import { Cluster } from 'ioredis6';
import { installedVersion } from '../installed-version.ts';
import type { LockClient } from '../lock-client.ts';
import { openRecipeSession } from '../plain-recipe.ts';

export const ioredisCluster: LockClient = {
  name: 'ioredis (Cluster)',
  version: installedVersion('ioredis6'),
  protocol: 3,
  open: async ({ host, port }) => {
    const cluster = new Cluster([{ host, port }], { lazyConnect: true });
    cluster.on('error', () => {
      // Without a listener ioredis prints it; the pending call rejects.
    });
    await cluster.connect();
    return openRecipeSession({
      setIfAbsent: async (key, owner, ttlMs) =>
        (await cluster.set(key, owner, 'PX', ttlMs, 'NX')) === 'OK',
      evaluate: (script, key, args) => cluster.eval(script, 1, key, ...args),
      close: async () => {
        await cluster.quit();
      },
    });
  },
};
