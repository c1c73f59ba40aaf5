import { Redis } from 'ioredis5';
import type { Endpoint } from './lock-client.ts';
import { targetHasTokens } from './target.ts';

/*
 * Looks at locks on the server over a connection of its own, so that a check does not have to
 * believe what the library under test says of itself.
 */

export interface ObservedLock {
  readonly owner: string | null;
  /** -2: no such key, -1: no expiry, as PTTL replies. */
  readonly ttlMs: number;
  /** Only where the target gives fencing tokens. */
  readonly token: number | undefined;
}

export interface LockObserver {
  observe(key: string): Promise<ObservedLock>;
  /** Reads a counter, lets others run, and writes it plus one: two at a time lose one. */
  countUp(key: string): Promise<void>;
  readCount(key: string): Promise<number>;
  forgetScripts(): Promise<void>;
  /** Any command, for what only some targets have. */
  call(name: string, ...args: string[]): Promise<unknown>;
  close(): Promise<void>;
}

export async function openObserver({ host, port }: Endpoint): Promise<LockObserver> {
  const redis = new Redis({ host, port, lazyConnect: true });
  await redis.connect();
  return {
    observe: async (key) => {
      const owner = await redis.get(key);
      const ttlMs = await redis.pttl(key);
      return { owner, ttlMs, token: targetHasTokens ? await readToken(redis, key) : undefined };
    },
    countUp: async (key) => {
      const count = Number((await redis.get(key)) ?? '0');
      await redis.ping();
      await redis.set(key, String(count + 1));
    },
    readCount: async (key) => Number((await redis.get(key)) ?? '0'),
    forgetScripts: async () => {
      await redis.script('FLUSH');
    },
    call: (name, ...args) => redis.call(name, ...args),
    close: async () => {
      await redis.quit();
    },
  };
}

/** KGET replies nil, or names and values in turn over RESP2 (DESIGN.md 4). */
async function readToken(redis: Redis, key: string): Promise<number | undefined> {
  const reply = await redis.call('KGET', key);
  if (reply === null) {
    return undefined;
  }
  if (!Array.isArray(reply)) {
    throw new Error(`KGET replied ${JSON.stringify(reply)}`);
  }
  const fields: readonly unknown[] = reply;
  const token = fields[fields.indexOf('token') + 1];
  if (!fields.includes('token') || typeof token !== 'number') {
    throw new Error(`KGET replied no token: ${JSON.stringify(reply)}`);
  }
  return token;
}
