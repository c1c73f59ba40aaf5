import { createCluster } from 'redis6';
import { installedVersion } from '../installed-version.ts';
import type { LockClient } from '../lock-client.ts';
import { openRecipeSession } from '../plain-recipe.ts';

export const nodeRedisCluster: LockClient = {
  name: 'redis (node-redis, createCluster)',
  version: installedVersion('redis6'),
  protocol: 3,
  open: async ({ host, port }) => {
    const cluster = createCluster({ rootNodes: [{ socket: { host, port } }] });
    cluster.on('error', () => {
      // Without a listener a lost connection would end the process; the pending call rejects.
    });
    await cluster.connect();
    return openRecipeSession({
      setIfAbsent: async (key, owner, ttlMs) =>
        (await cluster.set(key, owner, { NX: true, PX: ttlMs })) === 'OK',
      evaluate: (script, key, args) => cluster.eval(script, { keys: [key], arguments: [...args] }),
      close: () => cluster.close(),
    });
  },
};
