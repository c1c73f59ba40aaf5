import { createClient, WatchError } from 'redis4';
import type { ConnectionClient } from '../connection-contract.ts';
import { installedVersion } from '../installed-version.ts';

export const nodeRedis4Connection: ConnectionClient = {
  name: 'redis (node-redis)',
  version: installedVersion('redis4'),
  open: async ({ host, port }) => {
    const redis = createClient({ socket: { host, port } });
    redis.on('error', () => {
      // Without a listener a lost connection would end the process; the pending call rejects.
    });
    await redis.connect();
    return {
      call: (args) => redis.sendCommand([...args]),
      // Calls of one turn leave in one write.
      pipeline: (commands) =>
        Promise.all(commands.map((command) => redis.sendCommand([...command]))),
      watch: async (key) => {
        await redis.watch(key);
      },
      transaction: async (commands) => {
        const transaction = redis.multi();
        for (const command of commands) {
          transaction.addCommand([...command]);
        }
        try {
          return await transaction.exec();
        } catch (error) {
          if (error instanceof WatchError) {
            return null;
          }
          throw error;
        }
      },
      subscribe: async (channel, onMessage) => {
        await redis.subscribe(channel, (message) => onMessage(message));
      },
      close: async () => {
        await redis.quit();
      },
    };
  },
};
