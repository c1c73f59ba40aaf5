import type { Redis } from 'ioredis';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Lease } from '../../src/client/lease.ts';

const token = 7;
const dayMs = 86_400_000;

/** A connection whose replies come when the test says so. */
class SlowConnection {
  readonly sent: string[] = [];
  readonly #answers: ((reply: number) => void)[] = [];

  call(name: string): Promise<number> {
    this.sent.push(name);
    return new Promise((resolve) => this.#answers.push(resolve));
  }

  answer(reply: number): void {
    this.#answers.shift()?.(reply);
  }
}

let connection: SlowConnection;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  connection = new SlowConnection();
});

afterEach(() => {
  vi.useRealTimers();
});

/** The lease calls nothing else of the connection. */
function leaseOf(ttlMs: number): Lease {
  const sentAtMs = performance.now();
  const redis = connection as unknown as Redis;
  return new Lease(redis, { key: 'k', owner: 'me', token, ttlMs, sentAtMs });
}

test('keepExtending called again goes on with one timer, which release ends', async () => {
  const lease = leaseOf(30_000);
  expect(lease.keepExtending()).toBe(lease.keepExtending());
  expect(vi.getTimerCount()).toBe(1);
  const released = lease.release();
  connection.answer(1);
  expect(await released).toBe(true);
  expect(vi.getTimerCount()).toBe(0);
});

test('an extension that is confirmed after release makes nobody trust the lease', async () => {
  const lease = leaseOf(30_000);
  const extended = lease.extend();
  const released = lease.release();
  connection.answer(token);
  connection.answer(1);
  expect(await extended).toBe(false);
  expect(await released).toBe(true);
  expect(lease.trustedMs).toBe(0);
});

test('a lease of many days is extended when it is time, and trusted meanwhile', async () => {
  const signal = leaseOf(90 * dayMs).keepExtending();
  await vi.advanceTimersByTimeAsync(dayMs);
  expect(connection.sent).toEqual([]);
  await vi.advanceTimersByTimeAsync(29 * dayMs);
  expect(connection.sent).toEqual(['KEXTEND']);
  await vi.advanceTimersByTimeAsync(dayMs);
  expect(signal.aborted).toBe(false);
});
