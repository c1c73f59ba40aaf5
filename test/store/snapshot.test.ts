import fs from 'node:fs';
import path from 'node:path';
import { Level } from 'level';
import { describe, expect, test } from 'vitest';
import { indexOf, termOf } from '../../src/raft/types.ts';
import { nodeDisk } from '../../src/store/disk.ts';
import { cutLog } from '../../src/store/log-cut.ts';
import { planRepair } from '../../src/store/repair-plan.ts';
import { State } from '../../src/store/state.ts';
import type { Store } from '../../src/store/store.ts';
import type {
  Checkpoint,
  KeyAndValue,
  RecoveredCheckpoint,
  SnapshotReader,
} from '../../src/store/store-port.ts';
import { append, appended, openStore, rowsOf, segmentPath, summarize } from './sample-log.ts';
import { temporaryFolder } from './temporary-folder.ts';

function pairs(rows: Record<string, string>): KeyAndValue[] {
  return Object.entries(rows).map(([key, value]) => [Buffer.from(key), Buffer.from(value)]);
}

function checkpointAt(index: number, rows: Record<string, string>, term = 1): Checkpoint {
  return { partition: 0, ...placeAt(index, term), changes: pairs(rows) };
}

function placeAt(index: number, term = 3): RecoveredCheckpoint {
  const meta = Buffer.from(`meta ${index}`);
  return { index: indexOf(index), term: termOf(term), timeMs: 1000 + index, meta };
}

async function install(store: Store, index: number, rows: Record<string, string>): Promise<void> {
  const stage = await store.stageSnapshot(0);
  await stage.add(pairs(rows));
  await stage.install(placeAt(index));
}

async function opened(store: Store): Promise<SnapshotReader> {
  const reader = await store.openSnapshot(0);
  if (reader === undefined) throw new Error('there is a checkpoint');
  return reader;
}

async function readAll(reader: SnapshotReader): Promise<string[]> {
  const found: string[] = [];
  for (let rows = await reader.read(); rows.length > 0; rows = await reader.read()) {
    found.push(...rows.map(([key, value]) => `${key}=${value}`));
  }
  await reader.close();
  return found;
}

/** Every key in the database, without the store's own part of it. */
async function keysOf(folder: string): Promise<string[]> {
  const options = { keyEncoding: 'buffer', valueEncoding: 'buffer' } as const;
  const database = new Level<Buffer, Buffer>(path.join(folder, 'state'), options);
  const keys = await database.keys({ gte: Buffer.from('s') }).all();
  await database.close();
  return keys.map((key) => key.subarray(7).toString());
}

describe('a snapshot of a partition', () => {
  test('is not there before the first checkpoint', async () => {
    const store = await openStore({ folder: temporaryFolder() });
    await appended(store, append({ first: 1, last: 3 }));
    expect(await store.openSnapshot(0)).toBeUndefined();
    await store.close();
  });

  test('is the last checkpoint with its rows in ascending order', async () => {
    const store = await openStore({ folder: temporaryFolder() });
    await appended(store, append({ first: 1, last: 3 }));
    await store.checkpoint(checkpointAt(2, { b: '2', c: '3', a: '1' }));
    const reader = await opened(store);
    expect(reader.checkpoint).toEqual(placeAt(2, 1));
    expect(await readAll(reader)).toEqual(['a=1', 'b=2', 'c=3']);
    await store.close();
  });

  test('is not disturbed by checkpoints and snapshots that are written meanwhile', async () => {
    const store = await openStore({ folder: temporaryFolder() });
    await appended(store, append({ first: 1, last: 5 }));
    const rows = Object.fromEntries(
      Array.from({ length: 3000 }, (_, at) => [`key ${10_000 + at}`, `value ${at}`]),
    );
    await store.checkpoint(checkpointAt(2, rows));
    const late = await opened(store);
    const early = await opened(store);
    const first = await early.read();
    await store.checkpoint(checkpointAt(4, { 'key 10000': 'changed', 'key 12999': 'changed' }));
    await install(store, 9, { other: 'rows' });
    await store.saveFloor();
    const expected = Object.entries(rows).map(([key, value]) => `${key}=${value}`);
    const start = first.map(([key, value]) => `${key}=${value}`);
    expect([...start, ...(await readAll(early))]).toEqual(expected);
    expect(await readAll(late)).toEqual(expected);
    await store.close();
  });

  test('is read in batches of bounded size', async () => {
    const store = await openStore({ folder: temporaryFolder() });
    await appended(store, append({ first: 1, last: 1 }));
    const large = 'x'.repeat(100_000);
    const rows = Object.fromEntries(Array.from({ length: 40 }, (_, at) => [`${100 + at}`, large]));
    await store.checkpoint(checkpointAt(1, rows));
    const reader = await opened(store);
    let count = 0;
    for (let batch = await reader.read(); batch.length > 0; batch = await reader.read()) {
      expect(batch.length).toBeLessThanOrEqual(4);
      count += batch.length;
    }
    expect(count).toBe(40);
    await reader.close();
    await store.close();
  });

  test('cannot be read once the store is closed', async () => {
    const store = await openStore({ folder: temporaryFolder() });
    await appended(store, append({ first: 1, last: 1 }));
    await store.checkpoint(checkpointAt(1, { a: '1' }));
    const reader = await opened(store);
    await store.close();
    await expect(reader.read()).rejects.toMatchObject({ code: 'DISK_FAILED' });
    await reader.close();
  });

  test('that lost a row stops the store of the leader', async () => {
    const folder = temporaryFolder();
    const store = await openStore({ folder });
    await appended(store, append({ first: 1, last: 1 }));
    await store.checkpoint(checkpointAt(1, { a: '1', b: '2' }));
    await store.close();
    const options = { keyEncoding: 'buffer', valueEncoding: 'buffer' } as const;
    const database = new Level<Buffer, Buffer>(path.join(folder, 'state'), options);
    const [key] = await database.keys({ gte: Buffer.from('s') }).all();
    await database.del(key ?? Buffer.alloc(0));
    await database.close();
    const failures: string[] = [];
    const damaged = await openStore({ folder, onFailure: ({ code }) => failures.push(code) });
    await expect(readAll(await opened(damaged))).rejects.toMatchObject({ code: 'DATA_DAMAGED' });
    expect(failures).toEqual(['DATA_DAMAGED']);
    await damaged.close();
  });
});

describe('an installed snapshot', () => {
  test('replaces rows and log, and the log goes on behind it', async () => {
    const folder = temporaryFolder();
    const store = await openStore({ folder });
    await appended(store, append({ first: 1, last: 6 }));
    await store.checkpoint(checkpointAt(2, { a: '1', b: '2' }));
    await install(store, 20, { b: 'two', c: 'three' });
    await appended(store, append({ first: 21, last: 22, term: 3 }));
    expect(store.logBytesSinceCheckpoint(0)).toBeLessThan(100);
    await store.close();
    const reopened = await openStore({ folder });
    expect(summarize(reopened.recovered.get(0))).toMatchObject({
      checkpoint: 20,
      entries: ['21/3 effects 1021 payload 21', '22/3 effects 1022 payload 22'],
    });
    expect(await rowsOf(reopened.recovered.get(0))).toEqual(['b=two', 'c=three']);
    await reopened.checkpoint(checkpointAt(21, { d: 'four' }, 3));
    expect(await readAll(await opened(reopened))).toEqual(['b=two', 'c=three', 'd=four']);
    await reopened.close();
    expect(await keysOf(folder)).toEqual(['b', 'c', 'd']);
  });

  test('takes the place of a log that is longer and of another leader', async () => {
    const folder = temporaryFolder();
    const store = await openStore({ folder });
    await appended(store, append({ first: 1, last: 9 }));
    await install(store, 5, { a: '1' });
    await store.close();
    const reopened = await openStore({ folder });
    expect(summarize(reopened.recovered.get(0))).toMatchObject({ checkpoint: 5, entries: [] });
    expect(reopened.identity.floors.get(0)).toBe(5);
    await reopened.close();
  });

  test('may be empty, and be the first thing of a partition', async () => {
    const folder = temporaryFolder();
    const store = await openStore({ folder });
    await (await store.stageSnapshot(7)).install(placeAt(40));
    await appended(store, append({ partition: 7, first: 41, last: 41, term: 3 }));
    await store.close();
    const reopened = await openStore({ folder });
    expect(summarize(reopened.recovered.get(7))).toMatchObject({ checkpoint: 40 });
    expect(await rowsOf(reopened.recovered.get(7))).toEqual([]);
    await reopened.close();
  });

  test('frees the segments that only its partition kept, and later ones remember it', async () => {
    const folder = temporaryFolder();
    const store = await openStore({ folder, segmentBytes: 1024, mode: 'on-loop' });
    for (let index = 1; index <= 60; index += 1) {
      await appended(store, append({ first: index, last: index }));
    }
    expect(store.segmentCount).toBeGreaterThan(2);
    await install(store, 30, { a: '1' });
    expect(store.segmentCount).toBe(1);
    for (let index = 1; index <= 40; index += 1) {
      await appended(store, append({ partition: 1, first: index, last: index }));
    }
    expect(store.segmentCount).toBeGreaterThan(1);
    await store.checkpoint({ ...checkpointAt(40, {}), partition: 1 });
    expect(store.segmentCount).toBe(1);
    await appended(store, append({ first: 31, last: 31, term: 3 }));
    await store.close();
    const reopened = await openStore({ folder });
    expect(summarize(reopened.recovered.get(0))).toMatchObject({
      checkpoint: 30,
      entries: ['31/3 effects 1031 payload 31'],
    });
    await reopened.close();
  });

  test('can follow another one, and one that was given up', async () => {
    const folder = temporaryFolder();
    const store = await openStore({ folder });
    await install(store, 10, { a: '1' });
    const abandoned = await store.stageSnapshot(0);
    await abandoned.add(pairs({ x: 'never' }));
    const stage = await store.stageSnapshot(0);
    await stage.add(pairs({ b: '2' }));
    await abandoned.abort();
    await stage.install(placeAt(12));
    await store.close();
    expect(await keysOf(folder)).toEqual(['b']);
    const reopened = await openStore({ folder });
    expect(await rowsOf(reopened.recovered.get(0))).toEqual(['b=2']);
    await reopened.close();
  });

  test('leaves no rows behind if the process ends while it is staged', async () => {
    const folder = temporaryFolder();
    const store = await openStore({ folder });
    await install(store, 10, { a: '1' });
    await (await store.stageSnapshot(0)).add(pairs({ x: 'never' }));
    await (await store.stageSnapshot(3)).add(pairs({ y: 'never' }));
    await store.close();
    expect(await keysOf(folder)).toEqual(['a', 'x', 'y']);
    const reopened = await openStore({ folder });
    await reopened.close();
    expect(await keysOf(folder)).toEqual(['a']);
  });

  test('makes a checkpoint of what was before a thing of the past', async () => {
    const folder = temporaryFolder();
    const store = await openStore({ folder });
    await appended(store, append({ first: 1, last: 4 }));
    const stage = await store.stageSnapshot(0);
    await stage.add(pairs({ a: 'new' }));
    await Promise.all([
      store.checkpoint(checkpointAt(1, { a: 'old', b: 'old' })),
      stage.install(placeAt(9)),
      store.checkpoint(checkpointAt(3, { a: 'older', b: 'older' })),
    ]);
    await store.close();
    const reopened = await openStore({ folder });
    expect(await rowsOf(reopened.recovered.get(0))).toEqual(['a=new']);
    await reopened.close();
  });

  test('does not let entries of its partition be appended before it is durable', async () => {
    const store = await openStore({ folder: temporaryFolder() });
    await appended(store, append({ first: 1, last: 4 }));
    const installed = (await store.stageSnapshot(0)).install(placeAt(9));
    const next = [append({ first: 5, last: 5 })];
    expect(() => store.append(next, () => undefined)).toThrow(
      /while a snapshot is being installed/,
    );
    await installed;
    await store.close();
  });

  test('whose rows come in a wrong order or twice is refused, and nothing is lost', async () => {
    const folder = temporaryFolder();
    const store = await openStore({ folder });
    await appended(store, append({ first: 1, last: 4 }));
    await store.checkpoint(checkpointAt(2, { a: '1' }));
    const stage = await store.stageSnapshot(0);
    await stage.add(pairs({ b: '1', c: '2' }));
    for (const rows of [{ c: 'again' }, { a: 'before' }]) {
      await expect(stage.add(pairs(rows))).rejects.toMatchObject({ code: 'DATA_DAMAGED' });
    }
    await stage.abort();
    await appended(store, append({ first: 5, last: 5 }));
    await store.close();
    const reopened = await openStore({ folder });
    expect(await rowsOf(reopened.recovered.get(0))).toEqual(['a=1']);
    expect(reopened.recovered.get(0)?.entries).toHaveLength(3);
    await reopened.close();
  });
});

describe('a checkpoint ahead of the log', () => {
  test('is damage unless a snapshot was being installed', async () => {
    const folder = temporaryFolder();
    const store = await openStore({ folder });
    await appended(store, append({ first: 1, last: 4 }));
    await store.checkpoint(checkpointAt(2, { a: '1' }));
    await store.close();
    const state = await State.open(path.join(folder, 'state'));
    const known = (await state.checkpoints()).get(0);
    await state.write(checkpointAt(9, { b: '2' }), known);
    await state.close();
    const found = /the state is at index 9, but the log ends at 4/;
    await expect(openStore({ folder })).rejects.toThrow(found);
  });

  test('is an install that was cut short if it is of a later generation', async () => {
    const folder = temporaryFolder();
    const store = await openStore({ folder });
    await appended(store, append({ first: 1, last: 14 }));
    await store.checkpoint(checkpointAt(2, { a: '1' }));
    await store.close();
    const state = await State.open(path.join(folder, 'state'));
    const staged = state.stage(0, (await state.checkpoints()).get(0));
    staged.check(pairs({ b: '2' }));
    await staged.write(pairs({ b: '2' }));
    await state.install(staged, placeAt(9));
    await state.close();
    const looking = await openStore({ folder, readOnly: true });
    expect(summarize(looking.recovered.get(0))).toMatchObject({ checkpoint: 9, entries: [] });
    await looking.close();
    const reopened = await openStore({ folder });
    expect(summarize(reopened.recovered.get(0))).toMatchObject({ checkpoint: 9, entries: [] });
    expect(await rowsOf(reopened.recovered.get(0))).toEqual(['b=2']);
    await appended(reopened, append({ first: 10, last: 10, term: 3 }));
    await reopened.close();
    const again = await openStore({ folder });
    expect(again.recovered.get(0)?.entries).toHaveLength(1);
    await again.close();
    expect(await keysOf(folder)).toEqual(['b']);
  });

  test('is damage if the log lost that it had restarted', async () => {
    const folder = temporaryFolder();
    const store = await openStore({ folder, mode: 'on-loop' });
    await appended(store, append({ first: 1, last: 14 }));
    const before = fs.readFileSync(segmentPath(folder, 1));
    await install(store, 20, { a: '1' });
    const copy = temporaryFolder();
    fs.cpSync(folder, copy, { recursive: true });
    await store.close();
    fs.writeFileSync(segmentPath(copy, 1), before);
    const found = /expected records up to byte .* found the end of the log/;
    await expect(openStore({ folder: copy })).rejects.toThrow(found);
  });

  test('is damage if the state lost the snapshot that the log follows', async () => {
    const folder = temporaryFolder();
    const store = await openStore({ folder });
    await appended(store, append({ first: 1, last: 4 }));
    await store.checkpoint(checkpointAt(2, { a: '1' }));
    await store.close();
    const copy = temporaryFolder();
    fs.cpSync(folder, copy, { recursive: true });
    const identity = fs.readFileSync(path.join(folder, 'identity'));
    const reopened = await openStore({ folder, mode: 'on-loop' });
    await install(reopened, 20, { b: '2' });
    await reopened.close();
    // As if the floor had not been written since, which would name the checkpoint.
    fs.writeFileSync(path.join(folder, 'identity'), identity);
    fs.rmSync(path.join(folder, 'state'), { recursive: true });
    fs.cpSync(path.join(copy, 'state'), path.join(folder, 'state'), { recursive: true });
    const found = /follows a snapshot of generation 1, but the state is of generation 0/;
    await expect(openStore({ folder })).rejects.toThrow(found);
  });

  test('is what is left if a repair cuts the log at its restart', async () => {
    const folder = temporaryFolder();
    const store = await openStore({ folder, mode: 'on-loop' });
    await appended(store, append({ first: 1, last: 34 }));
    const at = fs.readFileSync(segmentPath(folder, 1)).indexOf('payload 34') + 10;
    await install(store, 20, { a: '1' });
    await appended(store, append({ first: 21, last: 23, term: 3 }));
    await store.close();
    const bytes = fs.readFileSync(segmentPath(folder, 1));
    fs.writeFileSync(segmentPath(folder, 1), bytes.fill(0xff, at + 40, at + 41));
    await expect(openStore({ folder })).rejects.toMatchObject({ code: 'DATA_DAMAGED' });
    const state = await State.open(path.join(folder, 'state'));
    const plan = await planRepair({ disk: nodeDisk, folder }, state);
    expect(plan.losses).toMatchObject([{ keptIndex: 20, checkpoint: 20, knownIndex: 23 }]);
    cutLog(plan);
    await state.close();
    const repaired = await openStore({ folder });
    expect(summarize(repaired.recovered.get(0))).toMatchObject({ checkpoint: 20, entries: [] });
    await appended(repaired, append({ first: 21, last: 21, term: 4 }));
    await repaired.close();
    const again = await openStore({ folder });
    expect(again.recovered.get(0)?.entries).toHaveLength(1);
    await again.close();
  });
});
