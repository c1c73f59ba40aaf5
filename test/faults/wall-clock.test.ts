import { readdirSync } from 'node:fs';
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type ServerProcess, startServer } from '../harness/server-process.ts';
import { Connection } from './connection.ts';
import { elapse, monotonicMs } from './elapse.ts';
import { heldBy } from './lease-commands.ts';

/** Debian's package `faketime`; the wall clock alone is moved, as an administrator would. */
const library = findLibrary();
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
    await setWallClock(0);
    const server = await startUnderFakeTime();
    const client = await Connection.open(server.port);
    try {
      const longSentAtMs = monotonicMs();
      const long = await client.send('KLOCK', 'long', 'a', '60000');
      await client.send('SET', 'plain', 'a', 'NX', 'PX', '60000');
      const shortSentAtMs = monotonicMs();
      await client.send('SET', 'short', 'a', 'NX', 'PX', '1500');
      const before = await wallMs(client);
      await setWallClock(offsetSeconds);
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
    await setWallClock(0);
    const dataFolder = await mkdtemp(join(folder, 'restart-'));
    const first = await startUnderFakeTime(dataFolder);
    const before = await Connection.open(first.port);
    const token = await before.send('KLOCK', 'held', 'a', '60000');
    const sentAtMs = monotonicMs();
    first.signal('SIGKILL');
    await first.ended();
    await setWallClock(offsetSeconds);
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
    await setWallClock(0);
    const server = await startUnderFakeTime();
    const client = await Connection.open(server.port);
    await setWallClock(hourSeconds);
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

/** Moves the clock of every process that was started by `startUnderFakeTime`. */
async function setWallClock(offsetSeconds: number): Promise<void> {
  const sign = offsetSeconds < 0 ? '' : '+';
  await writeFile(`${offsetFile()}.next`, `${sign}${offsetSeconds}\n`);
  await rename(`${offsetFile()}.next`, offsetFile());
}

async function startUnderFakeTime(dataFolder?: string): Promise<ServerProcess> {
  const env = {
    LD_PRELOAD: library ?? '',
    FAKETIME_TIMESTAMP_FILE: offsetFile(),
    FAKETIME_NO_CACHE: '1',
    // The name of the switch changed between versions of the library.
    FAKETIME_DONT_FAKE_MONOTONIC: '1',
    DONT_FAKE_MONOTONIC: '1',
  };
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

function findLibrary(): string | undefined {
  const roots = ['/usr/lib', '/usr/local/lib'];
  for (const root of roots) {
    for (const name of foldersIn(root)) {
      const folder = join(root, name, 'faketime');
      if (foldersIn(folder).includes('libfaketimeMT.so.1')) {
        return join(folder, 'libfaketimeMT.so.1');
      }
    }
  }
  return undefined;
}

function foldersIn(path: string): readonly string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}
