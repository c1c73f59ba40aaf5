import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Connection } from '../../harness/connection.ts';
import { elapse, monotonicMs } from '../../harness/elapse.ts';
import { fakeTimeEnvironment, findFakeTimeLibrary, setFakeTime } from '../../harness/fake-time.ts';
import { heldBy } from '../../harness/lease-commands.ts';
import { type ServerProcess, startServer } from '../../harness/server-process.ts';

/** Debian's package `faketime`; the wall clock alone is moved, as an administrator would. */
const library = findFakeTimeLibrary();
const hourSeconds = 3_600;
/** Replies take their time on a loaded machine. */
const slackMs = 400;

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fencepost-clock-'));
  if (library === undefined) process.stderr.write('skipped: libfaketime is not installed\n');
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

describe.skipIf(library === undefined)('a wall clock that jumps', () => {
  test.each([
    ['an hour forward', hourSeconds],
    ['an hour back', -hourSeconds],
  ])('%s changes no lease that is held', async (_, offsetSeconds) => {
    await setFakeTime(offsetFile(), 0);
    const server = await startUnderFakeTime();
    const client = await Connection.open(server.port);
    try {
      const longSentAtMs = monotonicMs();
      const long = await client.send('KLOCK', 'long', 'a', '60000');
      await client.send('SET', 'plain', 'a', 'NX', 'PX', '60000');
      const shortSentAtMs = monotonicMs();
      await client.send('SET', 'short', 'a', 'NX', 'PX', '1500');
      const before = await wallMs(client);
      await setFakeTime(offsetFile(), offsetSeconds);
      expect((await wallMs(client)) - before).toBeCloseTo(offsetSeconds * 1_000, -4);
      for (let look = 0; look < 5; look += 1) {
        await elapse(100);
        await expectTime(client, 'plain', 60_000 - (monotonicMs() - longSentAtMs));
        const seen = heldBy(await client.send('KGET', 'long'));
        expect(seen).toMatchObject({ owner: 'a', token: long });
        expect(await client.send('SET', 'long', 'b', 'NX', 'PX', '10')).toBeNull();
        expect(await client.send('SET', 'short', 'b', 'NX', 'PX', '10')).toBeNull();
      }
      const endedAtMs = await waitUntilFree(client, 'short');
      expect(endedAtMs - shortSentAtMs).toBeGreaterThanOrEqual(1_500);
      expect(endedAtMs - shortSentAtMs).toBeLessThan(1_515 + 2 * slackMs);
    } finally {
      client.close();
      await server.stop();
    }
  });

  test.each([
    ['an hour ahead', hourSeconds],
    ['an hour behind', -hourSeconds],
  ])('%s across a restart changes no lease that is held', async (_, offsetSeconds) => {
    await setFakeTime(offsetFile(), 0);
    const dataFolder = await mkdtemp(join(folder, 'restart-'));
    const first = await startUnderFakeTime(dataFolder);
    const before = await Connection.open(first.port);
    const token = await before.send('KLOCK', 'held', 'a', '60000');
    const sentAtMs = monotonicMs();
    first.signal('SIGKILL');
    await first.ended();
    await setFakeTime(offsetFile(), offsetSeconds);
    const second = await startUnderFakeTime(dataFolder);
    const after = await Connection.open(second.port);
    const { ttlMs, ...seen } = heldBy(await after.send('KGET', 'held'));
    after.close();
    await second.stop();
    expect(seen).toMatchObject({ owner: 'a', token });
    expect(ttlMs).toBeGreaterThan(60_000 - (monotonicMs() - sentAtMs) - slackMs);
    expect(ttlMs).toBeLessThanOrEqual(60_000);
  });

  test('is the clock by which PXAT and PEXPIRETIME are told', async () => {
    await setFakeTime(offsetFile(), 0);
    const server = await startUnderFakeTime();
    const client = await Connection.open(server.port);
    await setFakeTime(offsetFile(), hourSeconds);
    const now = await wallMs(client);
    expect(now - Date.now()).toBeGreaterThan((hourSeconds - 60) * 1_000);
    // The server follows a moved clock within one tick of its own.
    await elapse(200);
    expect(await client.send('SET', 'key', 'a', 'PXAT', String(now + 30_000))).toBe('OK');
    await expectTime(client, 'key', 30_000 - 200);
    const expireTime = await client.send('PEXPIRETIME', 'key');
    client.close();
    await server.stop();
    expect(Math.abs(Number(expireTime) - (now + 30_000))).toBeLessThan(slackMs);
  });
});

const offsetFile = (): string => join(folder, 'offset');

async function startUnderFakeTime(dataFolder?: string): Promise<ServerProcess> {
  const env = fakeTimeEnvironment(offsetFile());
  return await startServer({ env, ...(dataFolder === undefined ? {} : { dataFolder }) });
}

async function wallMs(client: Connection): Promise<number> {
  const reply = await client.send('TIME');
  const [seconds, micros] = Array.isArray(reply) ? reply : [];
  return Number(seconds) * 1_000 + Math.floor(Number(micros) / 1_000);
}

async function expectTime(client: Connection, key: string, expectedMs: number): Promise<void> {
  const remainingMs = Number(await client.send('PTTL', key));
  expect(remainingMs).toBeGreaterThan(expectedMs - slackMs);
  expect(remainingMs).toBeLessThan(expectedMs + slackMs);
}

/** When the key was first seen to be free. */
async function waitUntilFree(client: Connection, key: string): Promise<number> {
  while ((await client.send('KGET', key)) !== null) await elapse(10);
  return monotonicMs();
}
