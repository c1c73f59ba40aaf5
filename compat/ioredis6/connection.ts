import { Redis } from 'ioredis6';
import type { ConnectionClient } from '../connection-contract.ts';
import { installedVersion } from '../installed-version.ts';

export const ioredis6Connection: ConnectionClient = {
  name: 'ioredis',
  version: installedVersion('ioredis6'),
  open: async ({ host, port }) => {
    const redis = new Redis({ host, port, lazyConnect: true });
    await redis.connect();
    return {
      call: ([name = '', ...args]) => redis.call(name, ...args),
      pipeline: async (commands) => results(await redis.pipeline(asCalls(commands)).exec()) ?? [],
      watch: async (key) => {
        await redis.watch(key);
      },
      transaction: async (commands) => results(await redis.multi(asCalls(commands)).exec()),
      subscribe: async (channel, onMessage) => {
        redis.on('message', (_channel, message) => onMessage(message));
        await redis.subscribe(channel);
      },
      close: async () => {
        await redis.quit();
      },
    };
  },
};

/** As calls of `call`, which takes any command, known to ioredis or not. */
function asCalls(commands: readonly (readonly string[])[]): string[][] {
  return commands.map((command) => ['call', ...command]);
}

/** ioredis pairs each result with its error, and has null for a transaction that did not run. */
function results(pairs: readonly [Error | null, unknown][] | null): readonly unknown[] | null {
  if (pairs === null) {
    return null;
  }
  return pairs.map(([error, result]) => {
    if (error !== null) {
      throw error;
    }
    return result;
  });
}
