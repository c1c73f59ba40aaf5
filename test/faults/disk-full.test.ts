import { spawnSync } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { HistoryChecker } from '../../checker/history-checker.ts';
import { Connection } from '../../harness/connection.ts';
import { startServer } from '../../harness/server-process.ts';
import { Prng } from '../../src/base/prng.ts';
import { seedOf } from '../seed.ts';
import { keysOf, readKeys, Workload } from './workload.ts';

/*
 * A disk that fills up for real: a small tmpfs. Mounting needs root and a system that lets it.
 */

const connections = 4;
const smallSize = 'size=64m';
const largeSize = 'size=512m';

let folder = '';
const mounted = mountSmallDisk();
beforeAll(() => {
  if (!mounted) process.stderr.write('skipped: no tmpfs can be mounted here\n');
});
afterAll(async () => {
  if (mounted) spawnSync('umount', [folder]);
  if (folder !== '') await rm(folder, { recursive: true, force: true });
});

describe.skipIf(!mounted)('a full disk', () => {
  test('stops the process with the reason, and loses nothing that was acknowledged', async () => {
    const prng = new Prng(seedOf());
    const checker = new HistoryChecker();
    const dataFolder = join(folder, 'data');
    const keys = keysOf(connections);

    const first = await startServer({ dataFolder });
    const options = { prng, connections, longOwnerOneIn: 1 };
    const workload = new Workload({ ...options, port: first.port, name: 'full', before: [] });
    await workload.start();
    const { code } = await first.ended();
    await workload.ended();
    expect(code).toBe(1);
    expect(first.output).toMatch(/no space left|disk is full/i);
    checker.addSegment(workload.events, 10_000);

    const onBallast = await startServer({ dataFolder });
    checker.addSegment(await readKeys(onBallast.port, keys), 10_000);
    expect(checker.violations).toEqual([]);
    await onBallast.stop();

    expect(spawnSync('mount', ['-o', `remount,${largeSize}`, folder]).status).toBe(0);
    const withSpace = await startServer({ dataFolder });
    const events = await readKeys(withSpace.port, keys);
    const { port } = withSpace;
    const more = new Workload({ ...options, port, name: 'space', before: events });
    await more.start();
    await more.until(500);
    withSpace.signal('SIGTERM');
    expect(await withSpace.ended(), withSpace.output).toEqual({ code: 0, signal: null });
    checker.addSegment([...events, ...more.events], 0);
    expect(checker.violations).toEqual([]);
  });
});

/** Leaves about as much room as one checkpoint of large values needs. */
const roomBytes = 12 * 1024 * 1024;

describe.skipIf(!mounted)('a disk without room for a checkpoint', () => {
  test('ends the process with code 1 and its reason, not with a broken invariant', async () => {
    const small = join(folder, 'small');
    expect(spawnSync('mkdir', [small]).status).toBe(0);
    const size = `size=${roomBytes + 8 * 1024 * 1024}`;
    expect(spawnSync('mount', ['-t', 'tmpfs', '-o', size, 'tmpfs', small]).status).toBe(0);
    try {
      const server = await startServer({ dataFolder: join(small, 'data') });
      const connection = await Connection.open(server.port);
      const value = 'v'.repeat(200_000);
      for (let key = 0; key < 400; key += 1) {
        const reply = await connection.send('SET', `key${key}`, value).catch(() => undefined);
        if (reply !== 'OK') break;
      }
      expect(await server.ended(), server.output).toEqual({ code: 1, signal: null });
      expect(server.output).toMatch(/no space left/);
      expect(server.output).not.toMatch(/invariant/);
      connection.close();
    } finally {
      spawnSync('umount', [small]);
    }
  });
});

function mountSmallDisk(): boolean {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return false;
  const made = spawnSync('mktemp', ['-d', join(tmpdir(), 'fencepost-full-XXXXXX')]);
  folder = made.stdout.toString('utf8').trim();
  const mount = spawnSync('mount', ['-t', 'tmpfs', '-o', smallSize, 'tmpfs', folder]);
  return mount.status === 0;
}
