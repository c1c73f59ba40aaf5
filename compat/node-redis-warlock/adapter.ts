import createWarlock from 'node-redis-warlock';
import { createClient } from 'redis3';
import { installedVersion } from '../installed-version.ts';
import { type LockClient, pollMs, triesWithin } from '../lock-client.ts';

type Warlock = ReturnType<typeof createWarlock>;
type Unlock = Parameters<Parameters<Warlock['optimistic']>[4]>[1];

/** Needs node-redis 3, the last one with callbacks. */
export const nodeRedisWarlock: LockClient = {
  name: 'node-redis-warlock',
  version: installedVersion('node-redis-warlock'),
  protocol: 2,
  storedKey: (name) => `${name}:lock`,
  open: async ({ host, port }) => {
    const redis = createClient({ host, port });
    await new Promise<void>((resolve, reject) => {
      redis.on('ready', resolve);
      redis.on('error', reject);
    });
    const warlock = createWarlock(redis);
    return {
      tryAcquire: (name, ttlMs) =>
        new Promise((resolve, reject) => {
          warlock.lock(name, ttlMs, (error, unlock, id) => {
            if (error !== null) {
              reject(error);
            } else if (unlock === false) {
              resolve(undefined);
            } else {
              const extend = async (newTtlMs: number): Promise<boolean> =>
                (await warlock.touch(name, id, newTtlMs)) === 'OK';
              resolve({ extend, release: () => release(unlock) });
            }
          });
        }),
      acquire: (name, { ttlMs, waitMs }) =>
        new Promise((resolve, reject) => {
          warlock.optimistic(name, ttlMs, triesWithin(waitMs), pollMs, (error, unlock) => {
            if (error !== null) {
              reject(error);
            } else {
              resolve({ extend: refuseToExtend, release: () => release(unlock) });
            }
          });
        }),
      close: () => new Promise((resolve) => redis.quit(() => resolve())),
    };
  },
};

/** Its waiting call does not tell the id that its extending call asks for. */
function refuseToExtend(): Promise<boolean> {
  return Promise.reject(new Error('warlock cannot extend a lock that it waited for'));
}

function release(unlock: Unlock): Promise<boolean> {
  return new Promise((resolve, reject) => {
    unlock((error, deleted) => {
      if (error === null) {
        resolve(deleted === 1);
      } else {
        reject(error);
      }
    });
  });
}
