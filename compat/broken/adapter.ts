import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis5';
import { type HeldLock, type LockClient, type LockSession, pollMs } from '../lock-client.ts';
import { pollUntilHeld } from '../plain-recipe.ts';

/*
 * Lock code with the mistakes that people make, each its own client: what the contract must find.
 */

interface Mistake {
  /** Takes the key whether it is free or not. */
  readonly overwrites?: boolean;
  /** Looks first and takes afterwards, in two commands. */
  readonly looksFirst?: boolean;
  /** Sets no expiry. */
  readonly neverExpires?: boolean;
  /** Sets an expiry ten times shorter than asked. */
  readonly expiresEarly?: boolean;
  /** Deletes and extends without a look at the owner. */
  readonly ignoresOwner?: boolean;
  /** Says that it released, and did nothing. */
  readonly keepsLock?: boolean;
}

export function brokenClient(name: string, mistake: Mistake): LockClient {
  return {
    name,
    version: '0.0.0',
    protocol: 2,
    open: async ({ host, port }) => {
      const redis = new Redis({ host, port, lazyConnect: true });
      await redis.connect();
      return openBroken(redis, mistake);
    },
  };
}

function openBroken(redis: Redis, mistake: Mistake): LockSession {
  const tryAcquire = async (name: string, ttlMs: number): Promise<HeldLock | undefined> => {
    const owner = randomUUID();
    if (!(await take(redis, mistake, { name, owner, ttlMs }))) {
      return undefined;
    }
    const isMine = async (): Promise<boolean> =>
      mistake.ignoresOwner === true || (await redis.get(name)) === owner;
    return {
      extend: async (newTtlMs) => (await isMine()) && (await redis.pexpire(name, newTtlMs)) === 1,
      release: async () => {
        if (mistake.keepsLock === true) {
          return true;
        }
        return (await isMine()) && (await redis.del(name)) === 1;
      },
    };
  };
  return {
    tryAcquire,
    // A wait that cannot succeed must not take the tests' patience.
    acquire: (name, { ttlMs, waitMs }) =>
      pollUntilHeld(() => tryAcquire(name, ttlMs), Math.min(waitMs, 100 * pollMs)),
    close: async () => {
      await redis.quit();
    },
  };
}

interface Wish {
  readonly name: string;
  readonly owner: string;
  readonly ttlMs: number;
}

async function take(redis: Redis, mistake: Mistake, wish: Wish): Promise<boolean> {
  const { name, owner } = wish;
  const ttlMs = mistake.expiresEarly === true ? Math.ceil(wish.ttlMs / 10) : wish.ttlMs;
  if (mistake.looksFirst === true) {
    return (await redis.get(name)) === null && (await redis.set(name, owner, 'PX', ttlMs)) === 'OK';
  }
  if (mistake.overwrites === true) {
    return (await redis.set(name, owner, 'PX', ttlMs)) === 'OK';
  }
  if (mistake.neverExpires === true) {
    return (await redis.set(name, owner, 'NX')) === 'OK';
  }
  return (await redis.set(name, owner, 'PX', ttlMs, 'NX')) === 'OK';
}
