import { Writable } from 'node:stream';
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { type ServerProcess, startServer } from '../../harness/server-process.ts';
import { call } from '../../src/cli/call.ts';
import { FencepostClient } from '../../src/client/client.ts';

let server: ServerProcess;
let client: FencepostClient;
let admin: Redis;
let keyCount = 0;
let key: string;

beforeAll(async () => {
  server = await startServer();
  admin = new Redis({ host: server.host, port: server.port });
});

afterAll(async () => {
  await admin.quit();
  await server.stop();
});

beforeEach(() => {
  client = new FencepostClient({ host: server.host, port: server.port });
  keyCount += 1;
  key = `client-test-${keyCount}`;
});

afterEach(() => client.close());

test('a lease is refused to others, and the next holder has a larger token', async () => {
  const first = await client.acquire(key, { ttlMs: 10_000 });
  expect(first?.token).toBeGreaterThan(0);
  expect(first?.trustedMs).toBeGreaterThan(8_000);
  expect(first?.trustedMs).toBeLessThanOrEqual(9_000);
  expect(await client.acquire(key, { ttlMs: 10_000 })).toBeUndefined();
  expect(await first?.release()).toBe(true);
  expect(first?.trustedMs).toBe(0);
  const second = await client.acquire(key, { ttlMs: 10_000 });
  expect(second?.token).toBeGreaterThan(first?.token ?? Number.POSITIVE_INFINITY);
});

test('the same owner is granted the same lease again', async () => {
  const first = await client.acquire(key, { ttlMs: 5_000, owner: 'me' });
  const again = await client.acquire(key, { ttlMs: 9_000, owner: 'me' });
  expect(again?.token).toBe(first?.token);
  expect(await admin.pttl(key)).toBeGreaterThan(5_000);
});

test('a client that waits gets the lease when it is released', async () => {
  const first = await client.acquire(key, { ttlMs: 10_000 });
  const waiting = client.acquire(key, { ttlMs: 10_000, waitMs: 20_000 });
  await first?.release();
  expect((await waiting)?.token).toBe((first?.token ?? 0) + 1);
});

test('extend keeps the token; it fails and ends the trust once the lease is lost', async () => {
  const lease = await client.acquire(key, { ttlMs: 2_000 });
  expect(await lease?.extend(20_000)).toBe(true);
  expect(lease?.trustedMs).toBeGreaterThan(10_000);
  await admin.set(key, 'somebody else');
  expect(await lease?.extend()).toBe(false);
  expect(lease?.trustedMs).toBe(0);
  expect(await lease?.release()).toBe(false);
});

test('withLease holds the lease longer than its time and gives it back', async () => {
  const result = await client.withLease(key, { ttlMs: 1_000 }, async (lease, signal) => {
    const endMs = performance.now() + 2_500;
    while (performance.now() < endMs) {
      expect(await admin.get(key)).toBe(lease.owner);
    }
    expect(signal.aborted).toBe(false);
    return 'done';
  });
  expect(result).toBe('done');
  expect(await admin.get(key)).toBeNull();
});

test('withLease tells its work when the lease is lost', async () => {
  const lost = client.withLease(key, { ttlMs: 300 }, async (_, signal) => {
    await admin.del(key);
    if (!signal.aborted) {
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
    }
    return 'told';
  });
  expect(await lost).toBe('told');
});

test('withLease returns what its work did although the lease cannot be given back', async () => {
  const connection = new Redis({ host: server.host, port: server.port });
  const result = new FencepostClient(connection).withLease(key, { ttlMs: 1_000 }, async () => {
    connection.disconnect();
    return 'done';
  });
  expect(await result).toBe('done');
});

test('a connection that makes strings of numbers is told the token all the same', async () => {
  const options = { host: server.host, port: server.port, stringNumbers: true };
  const strings = new FencepostClient(options);
  const lease = await strings.acquire(key, { ttlMs: 10_000 });
  expect(lease?.token).toBeGreaterThan(0);
  expect(await lease?.extend()).toBe(true);
  expect(await lease?.release()).toBe(true);
  await strings.close();
});

test('withLease runs nothing without the lease', async () => {
  await client.acquire(key, { ttlMs: 10_000 });
  let ran = false;
  const result = await client.withLease(key, { ttlMs: 1_000 }, async () => {
    ran = true;
  });
  expect([result, ran]).toEqual([undefined, false]);
});

test('call prints replies as redis-cli does, and errors give exit code 1', async () => {
  const printed: string[] = [];
  const output = new Writable({
    write: (chunk, _, done) => {
      printed.push(String(chunk));
      done();
    },
  });
  const options = { host: server.host, port: server.port, output, timeoutMs: 5_000 };
  expect(await call(['SET', key, 'me', 'NX'], options)).toBe(0);
  expect(await call(['EVAL', 'return {1, {"a", false}}', '0'], options)).toBe(0);
  expect(await call(['GET'], options)).toBe(1);
  expect(await call(['PING'], { ...options, port: 1 })).toBe(1);
  expect(printed.slice(0, 3)).toEqual([
    '"OK"\n',
    '1) (integer) 1\n2) 1) "a"\n   2) (nil)\n',
    "(error) ERR wrong number of arguments for 'get' command\n",
  ]);
  expect(printed[3]).toMatch(/^no reply from 127.0.0.1:1: /);
});
