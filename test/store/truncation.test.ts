import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { indexOf, termOf } from '../../src/raft/types.ts';
import { nodeDisk } from '../../src/store/disk.ts';
import { planRepair } from '../../src/store/repair-plan.ts';
import { State } from '../../src/store/state.ts';
import type { Store } from '../../src/store/store.ts';
import { append, appended, openStore, segmentPath } from './sample-log.ts';
import { temporaryFolder } from './temporary-folder.ts';

/*
 * A follower cuts off what its leader does not have (thesis 3.5), although it was durable. The
 * durable floor, which the identity file holds, must neither call that a loss nor hide one.
 */

const checkpointAt = (index: number) => ({
  partition: 0,
  index: indexOf(index),
  term: termOf(1),
  timeMs: 1,
  meta: Buffer.alloc(0),
  changes: [],
});

/** What a process that is killed now leaves on disk. */
function killed(folder: string): string {
  const copy = temporaryFolder();
  fs.cpSync(folder, copy, { recursive: true });
  return copy;
}

async function placesOf(folder: string): Promise<string[]> {
  const store = await openStore({ folder });
  const entries = store.recovered.get(0)?.entries ?? [];
  await store.close();
  return entries.map(({ index, term }) => `${index}/${term}`);
}

/** Six entries, and a floor that names the sixth. */
async function openSix(folder: string): Promise<Store> {
  const store = await openStore({ folder, mode: 'on-loop' });
  await appended(store, append({ first: 1, last: 6 }));
  await store.saveFloor();
  await store.saveFloor();
  return store;
}

describe('a suffix that is cut off below the floor', () => {
  test('is no damage, whether the floor is from before the cut or from behind it', async () => {
    const folder = temporaryFolder();
    const store = await openSix(folder);
    await appended(store, append({ first: 4, last: 4, term: 2 }));
    const before = killed(folder);
    await store.saveFloor();
    const between = killed(folder);
    await store.close();
    for (const copy of [before, between, folder]) {
      expect(await placesOf(copy)).toEqual(['1/1', '2/1', '3/1', '4/2']);
    }
  });

  test('may go down to the checkpoint, and be cut again after a restart', async () => {
    const folder = temporaryFolder();
    const store = await openSix(folder);
    await store.checkpoint(checkpointAt(2));
    await store.close();
    for (const term of [2, 3]) {
      const again = await openStore({ folder, mode: 'on-loop' });
      await appended(again, append({ first: 3, last: 3, term }));
      const copy = killed(folder);
      await again.close();
      expect(await placesOf(copy)).toEqual([`3/${term}`]);
    }
  });

  test('below the checkpoint is a broken invariant', async () => {
    const store = await openSix(temporaryFolder());
    await store.checkpoint(checkpointAt(2));
    const cut = [append({ first: 2, last: 2, term: 2 })];
    expect(() => store.append(cut, () => undefined)).toThrow(/never replaced/);
    await store.close();
  });

  test('is damage if the record that cut it off is lost behind the floor', async () => {
    const folder = temporaryFolder();
    const store = await openSix(folder);
    const six = fs.readFileSync(segmentPath(folder, 1));
    await appended(store, append({ first: 4, last: 4, term: 2 }));
    await store.close();
    fs.writeFileSync(segmentPath(folder, 1), six);
    await expect(openStore({ folder })).rejects.toThrow(/as the identity file says/);
  });

  test('is not called lost by a repair of what came later', async () => {
    const folder = temporaryFolder();
    const store = await openSix(folder);
    const identity = fs.readFileSync(path.join(folder, 'identity'));
    await appended(store, append({ first: 4, last: 4, term: 2 }));
    await appended(store, append({ partition: 1, first: 1, last: 1 }));
    await appended(store, append({ partition: 1, first: 2, last: 2 }));
    await store.close();
    fs.writeFileSync(path.join(folder, 'identity'), identity);
    const bytes = fs.readFileSync(segmentPath(folder, 1));
    const last = bytes.lastIndexOf('payload 1');
    bytes[last] = 0x51;
    fs.writeFileSync(segmentPath(folder, 1), bytes);
    const state = await State.open(path.join(folder, 'state'));
    const plan = await planRepair({ disk: nodeDisk, folder }, state);
    await state.close();
    expect(plan.losses).toMatchObject([
      { partition: 0, keptIndex: 4, knownIndex: 4 },
      { partition: 1, keptIndex: 0, knownIndex: 2 },
    ]);
  });
});

describe('the segments that held a suffix that was cut off', () => {
  async function cutOff(folder: string): Promise<Store> {
    const store = await openStore({ folder, segmentBytes: 1024, mode: 'on-loop' });
    for (let index = 1; index <= 60; index += 1) {
      await appended(store, append({ first: index, last: index }));
    }
    expect(store.segmentCount).toBeGreaterThan(2);
    return store;
  }

  test('are freed by a checkpoint at the end of what is left', async () => {
    const folder = temporaryFolder();
    const store = await cutOff(folder);
    await appended(store, append({ first: 3, last: 4, term: 2 }));
    await store.checkpoint({ ...checkpointAt(4), term: termOf(2) });
    expect(store.pinningPartitions).toEqual([]);
    expect(store.segmentCount).toBe(1);
    await appended(store, append({ first: 5, last: 5, term: 2 }));
    const copy = killed(folder);
    await store.close();
    expect(await placesOf(copy)).toEqual(['5/2']);
  });
});

test('a checkpoint of an entry waits until the cut in front of it is durable', async () => {
  const store = await openStore({ folder: temporaryFolder(), mode: 'asynchronous' });
  await appended(store, append({ first: 1, last: 6 }));
  store.append([append({ first: 7, last: 9 })], () => undefined);
  const cut = appended(store, append({ first: 4, last: 5, term: 2 }));
  const next = { ...checkpointAt(5), term: termOf(2) };
  expect(() => store.checkpoint(next)).toThrow(/not ahead of the durable log/);
  await cut;
  await store.checkpoint(next);
  await store.close();
});
