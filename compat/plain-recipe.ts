import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { type HeldLock, type LockSession, pollMs } from './lock-client.ts';

/*
 * The lock that Redis' own documentation teaches (redis.io/commands/set, "Patterns"), for
 * connection libraries that bring no lock of their own: SET with NX and PX, and two scripts that
 * act only for the owner.
 */

export interface RecipeCalls {
  /** SET key owner PX ttl NX, and whether it was set. */
  setIfAbsent(key: string, owner: string, ttlMs: number): Promise<boolean>;
  /** EVAL with one key; the script replies an integer. */
  evaluate(script: string, key: string, args: readonly string[]): Promise<unknown>;
  close(): Promise<void>;
}

const extendScript = `
if redis.call('GET', KEYS[1]) == ARGV[1] then
  return redis.call('PEXPIRE', KEYS[1], ARGV[2])
end
return 0`;

const releaseScript = `
if redis.call('GET', KEYS[1]) == ARGV[1] then
  return redis.call('DEL', KEYS[1])
end
return 0`;

export function openRecipeSession(calls: RecipeCalls): LockSession {
  const tryAcquire = async (name: string, ttlMs: number): Promise<HeldLock | undefined> => {
    const owner = randomUUID();
    if (!(await calls.setIfAbsent(name, owner, ttlMs))) {
      return undefined;
    }
    return {
      extend: async (newTtlMs) =>
        (await calls.evaluate(extendScript, name, [owner, String(newTtlMs)])) === 1,
      release: async () => (await calls.evaluate(releaseScript, name, [owner])) === 1,
    };
  };
  return {
    tryAcquire,
    acquire: (name, { ttlMs, waitMs }) => pollUntilHeld(() => tryAcquire(name, ttlMs), waitMs),
    close: () => calls.close(),
  };
}

/** For libraries that leave waiting to their callers. */
export async function pollUntilHeld(
  tryOnce: () => Promise<HeldLock | undefined>,
  waitMs: number,
): Promise<HeldLock> {
  const deadlineMs = performance.now() + waitMs;
  while (performance.now() < deadlineMs) {
    const held = await tryOnce();
    if (held !== undefined) {
      return held;
    }
    await delay(pollMs);
  }
  throw new Error(`the lock stayed held for ${waitMs} ms`);
}
