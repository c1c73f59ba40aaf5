import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import type { FencepostError } from '../../src/base/errors.ts';
import { Prng } from '../../src/base/prng.ts';
import { indexOf, termOf } from '../../src/raft/types.ts';
import { nodeDisk } from '../../src/store/disk.ts';
import type { Disk } from '../../src/store/platform.ts';
import type { StoreMode } from '../../src/store/store-port.ts';
import { CrashDisk } from './crash-disk.ts';
import { append, appended, openStore, segmentPath, summarize } from './sample-log.ts';
import { temporaryFolder } from './temporary-folder.ts';

const modes: readonly StoreMode[] = ['on-loop', 'asynchronous', 'auto'];
const turnOfLoop = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe.each(modes)('a disk that fails while the log is written %s', (mode) => {
  test.each([
    ['EIO', 'DISK_FAILED'],
    ['ENOSPC', 'DISK_FULL'],
  ])(
    'with %s stops the store once with %s, and nothing is durable any more',
    async (code, name) => {
      for (let call = 1; call <= 12; call += 1) {
        const folder = temporaryFolder();
        const disk = new CrashDisk(new Prng(call));
        const failures: FencepostError[] = [];
        const onFailure = (error: FencepostError): number => failures.push(error);
        const lines: string[] = [];
        const log = (message: string): number => lines.push(message);
        const store = await openStore({ folder, mode, disk, segmentBytes: 1024, onFailure, log });
        disk.failCall = disk.calls + call;
        disk.failCode = code;
        let durable = 0;
        let durableAtFailure: number | undefined;
        for (let index = 1; index <= 30; index += 1) {
          store.append([append({ first: index, last: index })], () => {
            durable += 1;
          });
          if (failures.length > 0) durableAtFailure ??= durable;
          await turnOfLoop();
        }
        await store.close();
        // A segment that cannot be prepared ahead is no fault yet: the log does not need it.
        const spared = lines.includes('the next log segment could not be prepared');
        expect(failures.map((error) => error.code)).toEqual(spared ? [] : [name]);
        if (spared) expect(durable).toBe(30);
        else if (mode === 'on-loop') expect(durable).toBe(durableAtFailure);
        const reopened = await openStore({ folder });
        expect(reopened.recovered.get(0)?.entries.length ?? 0).toBeGreaterThanOrEqual(durable);
        await reopened.close();
      }
    },
  );
});

test('a failed sync is never tried again', async () => {
  const disk = new CrashDisk(new Prng(1));
  let failures = 0;
  const onFailure = (): void => {
    failures += 1;
  };
  const folder = temporaryFolder();
  const store = await openStore({ folder, mode: 'on-loop', disk, onFailure });
  await appended(store, append({ first: 1, last: 1 }));
  const { fdatasyncs } = disk;
  disk.failCall = disk.calls + 2;
  for (let index = 2; index < 9; index += 1) {
    store.append([append({ first: index, last: index })], () => expect.unreachable());
  }
  await store.close();
  expect(failures).toBe(1);
  expect(disk.fdatasyncs).toBe(fdatasyncs);
});

test('records behind the floor are written again at the next open, and synced', async () => {
  // After a failed sync the kernel has the pages in memory, marked clean: a sync alone would
  // succeed without writing them.
  const folder = temporaryFolder();
  const store = await openStore({ folder, disk: new CrashDisk(new Prng(1)), mode: 'on-loop' });
  await appended(store, append({ first: 1, last: 9 }));
  const copy = temporaryFolder();
  fs.cpSync(folder, copy, { recursive: true });
  await store.close();
  const writes: string[] = [];
  const disk: Disk = {
    ...nodeDisk,
    writeSync: (file, bytes, position) => {
      if (bytes.includes('payload 9')) writes.push(`write ${position > 100}`);
      return nodeDisk.writeSync(file, bytes, position);
    },
    fdatasyncSync: (file) => {
      writes.push('sync');
      nodeDisk.fdatasyncSync(file);
    },
  };
  const reopened = await openStore({ folder: copy, disk });
  expect(writes.slice(0, 2)).toEqual(['write true', 'sync']);
  expect(reopened.recovered.get(0)?.entries).toHaveLength(9);
  await reopened.close();
});

test('a checkpoint on a failing disk is refused and reported once', async () => {
  const folder = temporaryFolder();
  const disk = new CrashDisk(new Prng(1));
  const failures: string[] = [];
  const onFailure = (error: FencepostError): number => failures.push(error.code);
  const store = await openStore({ folder, mode: 'on-loop', disk, onFailure });
  await appended(store, append({ first: 1, last: 2 }));
  disk.failCall = disk.calls + 1;
  const checkpoint = {
    partition: 0,
    index: indexOf(2),
    term: termOf(1),
    timeMs: 1,
    meta: Buffer.alloc(0),
    changes: [[Buffer.from('k'), Buffer.from('v')] as const],
  };
  await expect(store.checkpoint(checkpoint)).rejects.toMatchObject({ code: 'DISK_FAILED' });
  await expect(store.checkpoint(checkpoint)).rejects.toMatchObject({ code: 'DISK_FAILED' });
  expect(failures).toEqual(['DISK_FAILED']);
  await store.close();
});

test('an install that the failing log cuts short is refused, and the store closes', async () => {
  const disk = new CrashDisk(new Prng(1));
  const onFailure = (): void => undefined;
  const store = await openStore({ folder: temporaryFolder(), mode: 'on-loop', disk, onFailure });
  await appended(store, append({ first: 1, last: 2 }));
  const stage = await store.stageSnapshot(0);
  await stage.add([[Buffer.from('k'), Buffer.from('v')]]);
  const place = { index: indexOf(9), term: termOf(1), timeMs: 1, meta: Buffer.alloc(0) };
  const installed = stage.install(place).catch((error: FencepostError) => error.code);
  // The state is being written by now; the log fails before it can follow.
  for (let step = 0; step < 20; step += 1) await Promise.resolve();
  disk.failCall = disk.calls + 1;
  store.append([append({ partition: 1, first: 1, last: 1 })], () => expect.unreachable());
  expect(await installed).toBe('DISK_FAILED');
  await store.close();
});

test('the ballast is freed when the disk is full, and made again when there is room', async () => {
  const folder = temporaryFolder();
  const disk = new CrashDisk(new Prng(1));
  const onFailure = (): void => undefined;
  const ballastBytes = 100_000;
  await (await openStore({ folder, ballastBytes })).close();
  const ballast = path.join(folder, 'ballast');
  expect(fs.statSync(ballast).size).toBe(ballastBytes);
  const store = await openStore({ folder, disk, ballastBytes, onFailure, mode: 'on-loop' });
  disk.failCall = disk.calls + 1;
  disk.failCode = 'ENOSPC';
  store.append([append({ first: 1, last: 1 })], () => expect.unreachable());
  expect(fs.existsSync(ballast)).toBe(false);
  await store.close();
  const reopened = await openStore({ folder, ballastBytes });
  await reopened.close();
  expect(fs.statSync(ballast).size).toBe(ballastBytes);
});

describe('a file system that is really full', () => {
  const mount = mountSmall();

  test.skipIf(mount === undefined)(
    'stops the store with DISK_FULL, and every durable turn is there at the next open',
    async () => {
      if (mount === undefined) return;
      try {
        const folder = path.join(mount, 'data');
        const failures: string[] = [];
        const store = await openStore({
          folder,
          ballastBytes: 1024 * 1024,
          segmentBytes: 1024 * 1024,
          mode: 'auto',
          onFailure: (error) => failures.push(error.code),
        });
        await store.saveFloor();
        const entries = append({ first: 1, last: 1 }).entries.map((one) => {
          return { ...one, payload: Buffer.alloc(50_000, 1) };
        });
        let durable = 0;
        for (let index = 1; failures.length === 0 && index < 1000; index += 1) {
          const turn = entries.map((one) => ({ ...one, index: indexOf(index) }));
          store.append([{ partition: 0, entries: turn }], () => {
            durable = index;
          });
          await turnOfLoop();
        }
        await store.close();
        expect(failures).toEqual(['DISK_FULL']);
        expect(durable).toBeGreaterThan(20);
        expect(fs.existsSync(path.join(folder, 'ballast'))).toBe(false);
        const reopened = await openStore({ folder, ballastBytes: 0 });
        expect(summarize(reopened.recovered.get(0)).entries.length).toBeGreaterThanOrEqual(durable);
        await reopened.close();
      } finally {
        execFileSync('umount', [mount]);
        fs.rmdirSync(mount);
      }
    },
  );

  /** A tmpfs of 8 MiB, if this process may mount one. */
  function mountSmall(): string | undefined {
    const place = fs.mkdtempSync('/tmp/fencepost-small-');
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=8m', 'tmpfs', place], { stdio: 'ignore' });
      return place;
    } catch {
      fs.rmdirSync(place);
      console.log('skipped: this process may not mount a small file system to fill');
      return undefined;
    }
  }
});

test('a torn record at the end is dropped with a log line, and the log goes on there', async () => {
  const folder = temporaryFolder();
  const store = await openStore({ folder, mode: 'on-loop' });
  await appended(store, append({ first: 1, last: 3 }));
  await store.saveFloor();
  const file = segmentPath(folder, 1);
  const floor = fs.readFileSync(file);
  await appended(store, append({ first: 4, last: 6 }));
  const after = fs.readFileSync(file);
  const identity = fs.readFileSync(path.join(folder, 'identity'));
  await store.close();
  const start = floor.findIndex((byte, at) => byte !== after[at]);
  for (const torn of [1, 5, 33, 60]) {
    fs.writeFileSync(path.join(folder, 'identity'), identity);
    fs.writeFileSync(
      file,
      Buffer.from(floor).fill(after.subarray(start, start + torn), start, start + torn),
    );
    const lines: string[] = [];
    const log = (message: string): number => lines.push(message);
    const reopened = await openStore({ folder, log });
    expect(lines).toEqual(['writes that were never acknowledged are dropped']);
    expect(reopened.recovered.get(0)?.entries).toHaveLength(3);
    await appended(reopened, append({ first: 4, last: 4, term: 2 }));
    await reopened.close();
    const again = await openStore({ folder });
    expect(again.recovered.get(0)?.entries.at(-1)).toMatchObject({ index: 4, term: 2 });
    await again.close();
  }
});

test('an unreadable record is damage if a later one proves that it was durable', async () => {
  const folder = temporaryFolder();
  const store = await openStore({ folder, mode: 'on-loop' });
  const identity = fs.readFileSync(path.join(folder, 'identity'));
  for (let index = 1; index <= 3; index += 1) {
    await appended(store, append({ first: index, last: index }));
  }
  await store.close();
  // As after a kill right away: the floor is still in front of all three.
  fs.writeFileSync(path.join(folder, 'identity'), identity);
  const file = segmentPath(folder, 1);
  const bytes = fs.readFileSync(file);
  bytes[bytes.indexOf('payload 2')] = 0x51;
  fs.writeFileSync(file, bytes);
  await expect(openStore({ folder })).rejects.toThrow(/partition 0 after index 1/);
});
