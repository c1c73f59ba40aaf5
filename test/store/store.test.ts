import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { indexOf, replicaIdOf, termOf } from '../../src/raft/types.ts';
import { nodeDisk } from '../../src/store/disk.ts';
import { Store } from '../../src/store/store.ts';
import type { Checkpoint, StoreMode } from '../../src/store/store-port.ts';
import {
  append,
  appended,
  entry,
  openStore,
  rowsOf,
  segmentPath,
  summarize,
} from './sample-log.ts';
import { temporaryFolder } from './temporary-folder.ts';

const votes = (term: number) => ({ term: termOf(term), votedFor: replicaIdOf(7) });

function checkpointAt(index: number, changes: Record<string, string | undefined>): Checkpoint {
  return {
    partition: 0,
    index: indexOf(index),
    term: termOf(1),
    timeMs: 1000 + index,
    meta: Buffer.from(`meta ${index}`),
    changes: Object.entries(changes).map(
      ([key, value]) =>
        [Buffer.from(key), value === undefined ? undefined : Buffer.from(value)] as const,
    ),
  };
}

describe('a data folder', () => {
  test('gets an identity on the first open and keeps it', async () => {
    const folder = temporaryFolder();
    const first = await openStore({ folder });
    await first.close();
    const second = await openStore({ folder });
    expect(first.identity.clusterId).toMatch(/^[0-9a-f]{32}$/);
    expect(first.identity).toMatchObject({ nodeId: 1, incarnation: 1, cuts: 0 });
    expect(second.identity).toEqual(first.identity);
    await second.close();
  });

  test('takes the cluster and the node that its creator names', async () => {
    const create = { clusterId: 'ab'.repeat(16), nodeId: 3 };
    const store = await openStore({ folder: temporaryFolder(), create });
    expect(store.identity).toMatchObject(create);
    await store.close();
  });

  test('that is open is refused to a second store, and untouched by it', async () => {
    const folder = temporaryFolder();
    const store = await openStore({ folder });
    await appended(store, append({ first: 1, last: 3 }));
    const before = fs.readFileSync(segmentPath(folder, 1));
    await expect(openStore({ folder })).rejects.toMatchObject({
      code: 'DATA_FOLDER_IN_USE',
      message: `another process has the data folder ${folder} open`,
    });
    expect(fs.readFileSync(segmentPath(folder, 1)).equals(before)).toBe(true);
    await store.close();
  });

  test('that is a file, or below one, is unusable', async () => {
    const folder = temporaryFolder();
    fs.writeFileSync(folder, 'a file');
    for (const place of [folder, path.join(folder, 'below')]) {
      const opened = openStore({ folder: place });
      await expect(opened).rejects.toMatchObject({ code: 'DATA_FOLDER_UNUSABLE' });
      await expect(opened).rejects.toThrow(/^[^\n]+$/);
    }
  });

  test('that cannot be written is unusable', async () => {
    const opened = openStore({ folder: '/proc/fencepost-data' });
    await expect(opened).rejects.toMatchObject({ code: 'DATA_FOLDER_UNUSABLE' });
  });

  test('of a newer format is refused by name', async () => {
    const folder = temporaryFolder();
    await (await openStore({ folder })).close();
    const { encodeIdentity, readIdentity } = await import('../../src/store/identity.ts');
    const { crc32c } = await import('../../src/base/crc32c.ts');
    const file = path.join(folder, 'identity');
    const read = readIdentity(nodeDisk, file);
    if (read === undefined) throw new Error('the identity file is there');
    const newer = encodeIdentity(read.record, read.generation + 1);
    newer.writeUInt32LE(newer.readUInt32LE(16) + 1, 16);
    newer.writeUInt32LE(crc32c(newer, 12), 8);
    fs.writeFileSync(file, newer);
    await expect(openStore({ folder })).rejects.toMatchObject({ code: 'DATA_FORMAT' });
  });

  test('is opened to look without a change', async () => {
    const folder = temporaryFolder();
    const store = await openStore({ folder });
    await appended(store, append({ first: 1, last: 3 }));
    await store.close();
    const before = fs.readFileSync(segmentPath(folder, 1));
    const looking = await openStore({ folder, readOnly: true });
    expect(summarize(looking.recovered.get(0)).entries).toHaveLength(3);
    expect(() => looking.append([append({ first: 4, last: 4 })], () => undefined)).toThrow(/look/);
    await looking.close();
    expect(fs.readFileSync(segmentPath(folder, 1)).equals(before)).toBe(true);
  });
});

const modes: readonly StoreMode[] = ['on-loop', 'asynchronous', 'auto'];

describe.each(modes)('a log written %s', (mode) => {
  test('is recovered with votes, kinds, times and payloads of all partitions', async () => {
    const folder = temporaryFolder();
    const store = await openStore({ folder, mode });
    const noop = { ...entry({ index: 1, text: '' }), kind: 'noop' } as const;
    await appended(store, { partition: 0, hardState: votes(1), entries: [noop] });
    await appended(
      store,
      append({ first: 2, last: 4 }),
      append({ partition: 9, first: 1, last: 2 }),
    );
    await appended(store, { partition: 9, hardState: votes(2), entries: [] });
    await store.close();
    const reopened = await openStore({ folder, mode });
    expect([...reopened.recovered.keys()].sort()).toEqual([0, 9]);
    expect(summarize(reopened.recovered.get(0))).toEqual({
      term: 1,
      votedFor: 7,
      checkpoint: 0,
      entries: [
        '1/1 noop 1001 ',
        '2/1 effects 1002 payload 2',
        '3/1 effects 1003 payload 3',
        '4/1 effects 1004 payload 4',
      ],
    });
    expect(summarize(reopened.recovered.get(9))).toMatchObject({ term: 2, votedFor: 7 });
    expect(reopened.recovered.get(9)?.entries).toHaveLength(2);
    expect(reopened.identity.floors).toEqual(
      new Map([
        [0, 4],
        [9, 2],
      ]),
    );
    await reopened.close();
  });

  test('replaces a suffix by a later append that begins inside it (thesis 3.5)', async () => {
    const folder = temporaryFolder();
    const store = await openStore({ folder, mode });
    await appended(store, append({ first: 1, last: 6 }));
    await appended(store, append({ first: 4, last: 4, term: 2 }));
    await appended(store, append({ first: 5, last: 5, term: 2 }));
    await store.close();
    const reopened = await openStore({ folder, mode });
    const entries = reopened.recovered.get(0)?.entries.map(({ index, term }) => [index, term]);
    expect(entries).toEqual([
      [1, 1],
      [2, 1],
      [3, 1],
      [4, 2],
      [5, 2],
    ]);
    await reopened.close();
  });

  test('reports turns durable in the order of the appends', async () => {
    const store = await openStore({ folder: temporaryFolder(), mode });
    const order: number[] = [];
    const last = 300;
    await new Promise<void>((resolve) => {
      for (let index = 1; index <= last; index += 1) {
        store.append([append({ first: index, last: index })], () => {
          order.push(index);
          // An append from inside a callback must not overtake the turns that still wait.
          if (index === 10) {
            store.append([append({ partition: 1, first: 1, last: 1 })], () => order.push(-1));
          }
          if (index === last) setImmediate(resolve);
        });
      }
    });
    const plain = order.filter((index) => index > 0);
    expect(plain).toEqual(Array.from({ length: last }, (_, at) => at + 1));
    await store.close();
    expect(order).toContain(-1);
  });

  test('rolls into new segments and is recovered across them', async () => {
    const folder = temporaryFolder();
    const store = await openStore({ folder, mode, segmentBytes: 2048 });
    for (let index = 1; index <= 200; index += 1) {
      store.append([append({ first: index, last: index })], () => undefined);
    }
    await store.close();
    expect(store.segmentCount).toBeGreaterThan(5);
    const reopened = await openStore({ folder, mode, segmentBytes: 2048 });
    expect(reopened.recovered.get(0)?.entries.map(({ index }) => index)).toEqual(
      Array.from({ length: 200 }, (_, at) => at + 1),
    );
    expect(reopened.segmentCount).toBe(store.segmentCount);
    await reopened.close();
  });

  test('takes a record larger than a segment', async () => {
    const folder = temporaryFolder();
    const store = await openStore({ folder, mode, segmentBytes: 2048 });
    const text = 'x'.repeat(100_000);
    await appended(store, { partition: 0, entries: [entry({ index: 1, text })] });
    await appended(store, append({ first: 2, last: 2 }));
    await store.close();
    const reopened = await openStore({ folder, mode });
    expect(reopened.recovered.get(0)?.entries.map((one) => one.payload.length)).toEqual([
      100_000, 9,
    ]);
    await reopened.close();
  });
});

test('on the loop a turn is durable before append returns', async () => {
  const store = await openStore({ folder: temporaryFolder(), mode: 'on-loop' });
  let durable = false;
  store.append([append({ first: 1, last: 1 })], () => {
    durable = true;
  });
  expect(durable).toBe(true);
  expect(store.turnsInFlight).toBe(0);
  await store.close();
});

test('asynchronously a turn is durable after append returned', async () => {
  const store = await openStore({ folder: temporaryFolder(), mode: 'asynchronous' });
  let durable = false;
  store.append([append({ first: 1, last: 1 })], () => {
    durable = true;
  });
  expect(durable).toBe(false);
  expect(store.turnsInFlight).toBe(1);
  await store.close();
  expect(durable).toBe(true);
});

describe('a checkpoint', () => {
  test('is recovered with its rows and the entries after it', async () => {
    const folder = temporaryFolder();
    const store = await openStore({ folder });
    await appended(store, append({ first: 1, last: 5 }));
    await store.checkpoint(checkpointAt(2, { a: '1', b: '2', c: '3' }));
    await store.checkpoint(checkpointAt(4, { a: undefined, b: 'two', d: '4', absent: undefined }));
    expect(await rowsOf(store.recovered.get(0))).toEqual([]);
    await store.close();
    const reopened = await openStore({ folder });
    const recovered = reopened.recovered.get(0);
    expect(recovered?.checkpoint).toMatchObject({ index: 4, term: 1, timeMs: 1004 });
    expect(recovered?.checkpoint?.meta.toString()).toBe('meta 4');
    expect(recovered?.entries.map(({ index }) => index)).toEqual([5]);
    expect(await rowsOf(recovered)).toEqual(['b=two', 'c=3', 'd=4']);
    await reopened.close();
  });

  test('of one partition leaves the rows of its neighbours alone', async () => {
    const folder = temporaryFolder();
    const store = await openStore({ folder });
    for (const partition of [0, 1, 255, 256]) {
      await appended(store, append({ partition, first: 1, last: 1 }));
      await store.checkpoint({ ...checkpointAt(1, { [`key${partition}`]: 'v' }), partition });
    }
    await store.close();
    const reopened = await openStore({ folder });
    for (const partition of [0, 1, 255, 256]) {
      expect(await rowsOf(reopened.recovered.get(partition))).toEqual([`key${partition}=v`]);
    }
    await reopened.close();
  });

  test('unlinks segments only when every partition is beyond them', async () => {
    const folder = temporaryFolder();
    const store = await openStore({ folder, segmentBytes: 2048, mode: 'on-loop' });
    const hardState = votes(5);
    await appended(store, { partition: 1, hardState, entries: [entry({ index: 1, term: 5 })] });
    for (let index = 1; index <= 100; index += 1) {
      await appended(store, append({ first: index, last: index }));
    }
    const count = store.segmentCount;
    await store.checkpoint(checkpointAt(100, { a: '1' }));
    expect(store.segmentCount).toBe(count);
    expect(store.pinningPartitions).toEqual([1]);
    await store.checkpoint({ ...checkpointAt(1, { b: '1' }), partition: 1, term: termOf(5) });
    expect(store.segmentCount).toBe(1);
    expect(store.pinningPartitions).toEqual([]);
    expect(fs.readdirSync(path.join(folder, 'log'))).not.toContain('000000000001.log');
    await store.close();
    const reopened = await openStore({ folder });
    expect(summarize(reopened.recovered.get(1))).toEqual({
      term: 5,
      votedFor: 7,
      checkpoint: 1,
      entries: [],
    });
    await appended(reopened, append({ partition: 1, first: 2, last: 2, term: 5 }));
    await reopened.close();
  });

  test('resets what logBytesSinceCheckpoint counts', async () => {
    const store = await openStore({ folder: temporaryFolder() });
    expect(store.logBytesSinceCheckpoint(0)).toBe(0);
    await appended(store, append({ first: 1, last: 10 }));
    expect(store.logBytesSinceCheckpoint(0)).toBeGreaterThan(90);
    await store.checkpoint(checkpointAt(10, {}));
    expect(store.logBytesSinceCheckpoint(0)).toBe(0);
    await store.close();
  });

  test('of many keys lets the event loop turn while it is made', async () => {
    const store = await openStore({ folder: temporaryFolder() });
    await appended(store, append({ first: 1, last: 1 }));
    let taken = 0;
    let turns = 0;
    let done = false;
    const takenByTurn: number[] = [];
    const turn = (): void => {
      takenByTurn.push(taken);
      turns += 1;
      if (!done) setImmediate(turn);
    };
    setImmediate(turn);
    function* changes(): Generator<readonly [Buffer, Buffer]> {
      for (taken = 0; taken < 5000; taken += 1) yield [Buffer.from(`k${taken}`), Buffer.from('v')];
    }
    await store.checkpoint({ ...checkpointAt(1, {}), changes: changes() });
    done = true;
    const steps = takenByTurn.map((count, at) => count - (takenByTurn[at - 1] ?? 0));
    expect(Math.max(...steps)).toBeLessThanOrEqual(501);
    expect(turns).toBeGreaterThan(9);
    await store.close();
  });

  test('ahead of the durable log is a broken invariant', async () => {
    const store = await openStore({ folder: temporaryFolder() });
    await appended(store, append({ first: 1, last: 1 }));
    expect(() => store.checkpoint(checkpointAt(2, {}))).toThrow(/not ahead of the durable log/);
    await store.close();
  });
});

test('entries that leave a gap are a broken invariant', async () => {
  const store = await openStore({ folder: temporaryFolder() });
  await appended(store, append({ first: 1, last: 2 }));
  expect(() => store.append([append({ first: 4, last: 4 })], () => undefined)).toThrow(/no gap/);
  await store.close();
});

test('an empty folder opens at once', async () => {
  const folder = temporaryFolder();
  const startMs = performance.now();
  const store = await Store.open({
    folder,
    onFailure: (error) => expect.unreachable(error.message),
  });
  await appended(store, append({ first: 1, last: 1 }));
  expect(performance.now() - startMs).toBeLessThan(500);
  await store.close();
});
