import { describe, expect, test } from 'vitest';
import { Prng } from '../../src/base/prng.ts';
import { indexOf, replicaIdOf, termOf } from '../../src/raft/types.ts';
import type { Store } from '../../src/store/store.ts';
import type { KeyAndValue, StoreMode } from '../../src/store/store-port.ts';
import { seedOf } from '../seed.ts';
import { CrashDisk } from './crash-disk.ts';
import { MemoryState } from './memory-state.ts';
import { append, appended, openStore, rowsOf, summarize } from './sample-log.ts';
import { temporaryFolder } from './temporary-folder.ts';

/*
 * The power goes at every call of the disk and of the state, one after the other, while a
 * snapshot is staged and installed. What is found then is what was before, or what was to be;
 * and the latter once `install` had resolved. `FENCEPOST_SEED=n npx vitest run
 * test/store/install-crash.test.ts` repeats a run.
 */
const seed = seedOf();

/** Where the snapshot stands against a log of entries 1 to 6 of term 1 and a checkpoint at 2. */
const places = { 'inside the log': 5, 'beyond the log': 20 } as const;

const rowsBefore = { a: '1', b: '2', c: '3' };
const rowsAfter = { b: 'two', d: 'four', e: 'five', f: 'six' };

interface World {
  readonly folder: string;
  readonly state: MemoryState;
  readonly prng: Prng;
  readonly mode: StoreMode;
  /** Index of the snapshot. */
  readonly index: number;
}

function pairs(rows: Record<string, string>): KeyAndValue[] {
  return Object.entries(rows).map(([key, value]) => [Buffer.from(key), Buffer.from(value)]);
}

function texts(rows: Record<string, string>): string[] {
  return Object.entries(rows).map(([key, value]) => `${key}=${value}`);
}

function open(world: World, disk: CrashDisk): Promise<Store> {
  const { folder, mode, state } = world;
  return openStore({
    folder,
    mode,
    disk,
    // A record or two: the restart of the log is often the first record of a segment.
    segmentBytes: 700,
    openState: () => state.open(() => disk.touch()),
    onFailure: () => undefined,
  });
}

async function prepare(world: World): Promise<void> {
  const store = await open(world, new CrashDisk(world.prng));
  await appended(store, append({ first: 1, last: 6 }), append({ partition: 1, first: 1, last: 3 }));
  await store.checkpoint({
    partition: 0,
    index: indexOf(2),
    term: termOf(1),
    timeMs: 1002,
    meta: Buffer.from('before'),
    changes: pairs(rowsBefore),
  });
  await store.close();
}

interface Progress {
  voted: boolean;
  installed: boolean;
  appendedAfter: boolean;
  /** Last durable index of the other partition, which goes on meanwhile. */
  neighbour: number;
}

async function stageAndInstall(store: Store, index: number, meanwhile = () => {}): Promise<void> {
  const stage = await store.stageSnapshot(0);
  const rows = pairs(rowsAfter);
  await stage.add(rows.slice(0, 3));
  meanwhile();
  await stage.add(rows.slice(3));
  meanwhile();
  const meta = Buffer.from('after');
  const place = { index: indexOf(index), term: termOf(3), timeMs: 1000 + index, meta };
  const installed = stage.install(place);
  meanwhile();
  const floor = store.saveFloor();
  meanwhile();
  await Promise.all([installed, floor]);
}

/** Installs the snapshot and goes on behind it; ends early when the power goes. */
async function live(store: Store, index: number, progress: Progress): Promise<void> {
  const hardState = { term: termOf(3), votedFor: replicaIdOf(9) };
  store.append([{ partition: 0, hardState, entries: [] }], () => {
    progress.voted = true;
  });
  let next = 4;
  await stageAndInstall(store, index, () => {
    const last = next++;
    store.append([append({ partition: 1, first: last, last })], () => {
      progress.neighbour = last;
    });
  });
  progress.installed = true;
  store.append([append({ first: index + 1, last: index + 2, term: 3 })], () => {
    progress.appendedAfter = true;
  });
  await store.saveFloor();
  for (let turn = 0; turn < 30; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

async function verify(world: World, store: Store, progress: Progress): Promise<boolean> {
  const { index } = world;
  const recovered = store.recovered.get(0);
  const { term, checkpoint, entries } = summarize(recovered);
  const context = JSON.stringify({ progress, term, checkpoint, entries });
  if (progress.voted) expect(term, context).toBe(3);
  const installed = checkpoint === index;
  if (progress.installed) expect(installed, context).toBe(true);
  expect(await rowsOf(recovered), context).toEqual(texts(installed ? rowsAfter : rowsBefore));
  expect(recovered?.checkpoint?.meta.toString()).toBe(installed ? 'after' : 'before');
  const found = entries.map((text) => text.split(' ')[0]);
  const whole = installed ? [`${index + 1}/3`, `${index + 2}/3`] : ['3/1', '4/1', '5/1', '6/1'];
  if (installed && !progress.appendedAfter && found.length === 0) whole.length = 0;
  expect(found, context).toEqual(whole);
  if (!installed) expect(checkpoint, context).toBe(2);
  const neighbours = summarize(store.recovered.get(1)).entries.length;
  expect(neighbours, context).toBeGreaterThanOrEqual(progress.neighbour);
  expect(neighbours, context).toBeLessThanOrEqual(7);
  return installed;
}

/** The power goes once more, at any call while the store is opened again. */
async function crashAgain(world: World): Promise<void> {
  const disk = new CrashDisk(world.prng);
  disk.failCall = world.prng.between(1, 25);
  const opened = await open(world, disk).catch((error) => {
    expect(error).toMatchObject({ code: 'DISK_FAILED' });
  });
  disk.crash();
  world.state.crash(world.prng);
  await opened?.close();
}

/** After the crash: the store goes on, from what it found, as if nothing had been. */
async function goOn(world: World, progress: Progress): Promise<void> {
  const { index } = world;
  const store = await open(world, new CrashDisk(world.prng));
  const installed = await verify(world, store, progress);
  if (!installed) await stageAndInstall(store, index);
  const next = (store.recovered.get(0)?.entries.at(-1)?.index ?? index) + 1;
  const first = installed ? next : index + 1;
  await appended(store, append({ first, last: first, term: 4 }));
  const changes = [[Buffer.from('g'), Buffer.from('seven')] as const];
  await store.checkpoint({
    partition: 0,
    index: indexOf(first),
    term: termOf(4),
    timeMs: 1,
    meta: Buffer.alloc(0),
    changes,
  });
  await store.close();
  const again = await open(world, new CrashDisk(world.prng));
  expect(await rowsOf(again.recovered.get(0))).toEqual(texts({ ...rowsAfter, g: 'seven' }));
  expect(summarize(again.recovered.get(0))).toMatchObject({ checkpoint: first, entries: [] });
  await again.close();
  // Rows of other generations are gone: one checkpoint and its rows are left.
  expect(world.state.rows.size).toBe(1 + Object.keys(rowsAfter).length + 1);
}

/** Returns false if the power went only after everything was done. */
async function crashAt(world: World, call: number): Promise<Progress | undefined> {
  await prepare(world);
  const disk = new CrashDisk(world.prng);
  const store = await open(world, disk);
  disk.failCall = disk.calls + call;
  const progress = { voted: false, installed: false, appendedAfter: false, neighbour: 3 };
  await live(store, world.index, progress).catch((error) => {
    expect(error).toMatchObject({ code: 'DISK_FAILED' });
  });
  const done = disk.calls < disk.failCall;
  disk.crash();
  world.state.crash(world.prng);
  await store.close();
  return done ? undefined : progress;
}

function worldOf(parts: Pick<World, 'mode' | 'index'>, start: number): World {
  const state = new MemoryState();
  return { folder: temporaryFolder(), state, prng: new Prng(start), ...parts };
}

describe.each(Object.entries(places))('a snapshot %s', (_, index) => {
  test.each(['on-loop', 'asynchronous'] as const)(
    'that is installed when the power goes leaves what was before or what was to be, %s',
    async (mode) => {
      let before = 0;
      let after = 0;
      for (let call = 1; ; call += 1) {
        const world = worldOf({ mode, index }, seed + call);
        const progress = await crashAt(world, call);
        if (progress === undefined) break;
        if (progress.installed) after += 1;
        else before += 1;
        await crashAgain(world);
        await goOn(world, progress);
      }
      expect(before).toBeGreaterThan(8);
      expect(after).toBeGreaterThan(2);
    },
    60_000,
  );
});

test('a state that lies about its syncs is found out (the control)', async () => {
  let found = 0;
  for (let call = 1; call < 60; call += 1) {
    const world = worldOf({ mode: 'on-loop', index: 20 }, seed + call);
    await prepare(world);
    world.state.lies = true;
    const disk = new CrashDisk(world.prng);
    const store = await open(world, disk);
    disk.failCall = disk.calls + call;
    const progress = { voted: false, installed: false, appendedAfter: false, neighbour: 3 };
    await live(store, world.index, progress).catch(() => undefined);
    disk.crash();
    world.state.crash(world.prng);
    await store.close();
    await goOn(world, progress).catch(() => {
      found += 1;
    });
    if (progress.appendedAfter) break;
  }
  expect(found).toBeGreaterThan(0);
});
