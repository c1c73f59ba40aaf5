import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { indexOf, replicaIdOf, termOf } from '../../src/raft/types.ts';
import { nodeDisk } from '../../src/store/disk.ts';
import { readIdentity, slotBytes } from '../../src/store/identity.ts';
import type { Store } from '../../src/store/store.ts';
import {
  append,
  appended,
  openStore,
  rowsOf,
  type Summary,
  segmentPath,
  summarize,
} from './sample-log.ts';
import { temporaryFolder } from './temporary-folder.ts';

/** A small cleanly closed log whose last record is a vote only, which no index floor covers. */
async function writeLog(folder: string): Promise<void> {
  const store = await openStore({ folder, segmentBytes: 4096 });
  await appended(store, append({ first: 1, last: 3 }), append({ partition: 1, first: 1, last: 1 }));
  await appended(store, append({ first: 3, last: 4, term: 2 }));
  const hardState = { term: termOf(3), votedFor: replicaIdOf(9) };
  await appended(store, { partition: 0, hardState, entries: [] });
  await store.close();
}

async function recoveredOf(store: Store): Promise<Summary[]> {
  const summaries = [0, 1].map((partition) => summarize(store.recovered.get(partition)));
  await store.close();
  return summaries;
}

/** Opens `folder`: what it recovers, or the message with which it refuses. */
async function look(folder: string): Promise<Summary[] | string> {
  try {
    return await recoveredOf(await openStore({ folder, readOnly: true }));
  } catch (error) {
    expect(error).toMatchObject({ code: 'DATA_DAMAGED' });
    return String(error);
  }
}

/** Where the records of a segment end: in zeros, or at the floor of the clean stop. */
function endOf(folder: string, sequence: number): number {
  const floor = readIdentity(nodeDisk, path.join(folder, 'identity'))?.record.floor;
  if (floor?.segment === sequence) return floor.offset;
  const bytes = fs.readFileSync(segmentPath(folder, sequence));
  let end = bytes.length;
  while (bytes[end - 1] === 0) end -= 1;
  return end;
}

describe('in a cleanly closed log', () => {
  test('a flipped bit in any byte is named, or provably harmless behind the end', async () => {
    const folder = temporaryFolder();
    await writeLog(folder);
    const whole = await look(folder);
    const file = segmentPath(folder, 1);
    const bytes = fs.readFileSync(file);
    const end = endOf(folder, 1);
    expect(end).toBeGreaterThan(300);
    const behind = [end, end + 1, end + 40, bytes.length - 1];
    for (const offset of [...Array(end).keys(), ...behind]) {
      const flipped = Buffer.from(bytes);
      flipped[offset] = (flipped[offset] ?? 0) ^ (1 << (offset % 8));
      fs.writeFileSync(file, flipped);
      const found = await look(folder);
      if (offset >= end) {
        expect(found).toEqual(whole);
        continue;
      }
      expect(found).toMatch(/^FencepostError: /);
      expect(found).toContain(`${file} is damaged at byte `);
      expect(found).toContain('fencepost repair');
      const named = Number(/damaged at byte (\d+)/.exec(String(found))?.[1]);
      expect(named).toBeLessThanOrEqual(offset);
    }
  });

  test('a cut at any byte is named, or takes only unused zeros', async () => {
    const folder = temporaryFolder();
    await writeLog(folder);
    const whole = await look(folder);
    const file = segmentPath(folder, 1);
    const bytes = fs.readFileSync(file);
    const end = endOf(folder, 1);
    for (let length = 0; length <= end + 3; length += 1) {
      fs.writeFileSync(file, bytes.subarray(0, length));
      const found = await look(folder);
      if (length >= end) expect(found).toEqual(whole);
      else expect(found).toContain(`${file} is damaged at byte `);
    }
  });

  test('bytes set to zero anywhere are named', async () => {
    const folder = temporaryFolder();
    await writeLog(folder);
    const file = segmentPath(folder, 1);
    const bytes = fs.readFileSync(file);
    const end = endOf(folder, 1);
    for (let from = 0; from < end; from += 7) {
      const zeroed = Buffer.from(bytes).fill(0, from);
      fs.writeFileSync(file, zeroed);
      expect(await look(folder)).toContain(`${file} is damaged at byte `);
    }
  });

  test('the message says which entries are lost', async () => {
    const folder = temporaryFolder();
    const store = await openStore({ folder });
    await appended(store, append({ first: 1, last: 3 }));
    await appended(store, append({ first: 4, last: 6 }));
    await store.close();
    const bytes = fs.readFileSync(segmentPath(folder, 1));
    const at = bytes.indexOf('payload 4');
    fs.writeFileSync(segmentPath(folder, 1), bytes.fill(0, at - 20));
    const found = await look(folder);
    expect(found).toMatch(/partition 0 after index 3/);
    expect(found).toMatch(/expected .*, found /);
  });
});

describe('a log of several segments', () => {
  async function writeSegments(folder: string): Promise<number> {
    const store = await openStore({ folder, segmentBytes: 1024, mode: 'on-loop' });
    for (let index = 1; index <= 60; index += 1) {
      await appended(store, append({ first: index, last: index }));
    }
    await store.close();
    return store.segmentCount;
  }

  test('is damaged if any one of them is missing', async () => {
    const folder = temporaryFolder();
    const count = await writeSegments(folder);
    expect(count).toBeGreaterThan(3);
    for (let sequence = 1; sequence <= count; sequence += 1) {
      const file = segmentPath(folder, sequence);
      fs.renameSync(file, `${file}.away`);
      expect(await look(folder)).toMatch(/is damaged at byte/);
      fs.renameSync(`${file}.away`, file);
    }
    expect(await look(folder)).toBeTypeOf('object');
  });

  test('is damaged if the end of any one of them is cut off or changed', async () => {
    const folder = temporaryFolder();
    const count = await writeSegments(folder);
    for (let sequence = 1; sequence <= count; sequence += 1) {
      const file = segmentPath(folder, sequence);
      const bytes = fs.readFileSync(file);
      const end = endOf(folder, sequence);
      for (const length of [0, 20, 64, end - 90, end - 1]) {
        fs.writeFileSync(file, bytes.subarray(0, length));
        expect(await look(folder)).toContain(`${file} is damaged at byte`);
      }
      fs.writeFileSync(file, bytes);
    }
  });

  test('is damaged if two of them change places, or one is of another log', async () => {
    const folder = temporaryFolder();
    await writeSegments(folder);
    const other = temporaryFolder();
    await writeSegments(other);
    const second = fs.readFileSync(segmentPath(folder, 2));
    fs.writeFileSync(segmentPath(folder, 2), fs.readFileSync(segmentPath(folder, 3)));
    expect(await look(folder)).toContain('found segment 3');
    fs.writeFileSync(segmentPath(folder, 2), fs.readFileSync(segmentPath(other, 2)));
    expect(await look(folder)).toContain('expected segment 2 of cluster');
    fs.writeFileSync(segmentPath(folder, 2), second);
    expect(await look(folder)).toBeTypeOf('object');
  });

  test('is damaged if the log folder is gone', async () => {
    const folder = temporaryFolder();
    await writeSegments(folder);
    fs.rmSync(path.join(folder, 'log'), { recursive: true });
    expect(await look(folder)).toMatch(/partition 0 ends at index 0, 60 was reached/);
  });
});

describe('an identity file', () => {
  const file = (folder: string): string => path.join(folder, 'identity');

  test('is read although one of its slots is damaged, and both slots know the end', async () => {
    const folder = temporaryFolder();
    await writeLog(folder);
    const whole = await look(folder);
    const bytes = fs.readFileSync(file(folder));
    for (const start of [0, slotBytes]) {
      for (let offset = start; offset < start + 80; offset += 3) {
        const flipped = Buffer.from(bytes);
        flipped[offset] = (flipped[offset] ?? 0) ^ 0x10;
        fs.writeFileSync(file(folder), flipped);
        expect(await look(folder)).toEqual(whole);
      }
    }
    const log = fs.readFileSync(segmentPath(folder, 1));
    fs.writeFileSync(segmentPath(folder, 1), log.subarray(0, endOf(folder, 1) - 1));
    expect(await look(folder)).toMatch(/is damaged at byte/);
  });

  test('is damaged if neither slot can be read', async () => {
    const folder = temporaryFolder();
    await writeLog(folder);
    const bytes = fs.readFileSync(file(folder));
    bytes.writeUInt8(0, 30);
    bytes.writeUInt8(0, slotBytes + 30);
    fs.writeFileSync(
      file(folder),
      bytes.fill(0xff, 30, 31).fill(0xff, slotBytes + 30, slotBytes + 31),
    );
    expect(await look(folder)).toContain(`${file(folder)}: expected one of two slots`);
    fs.truncateSync(file(folder), 0);
    expect(await look(folder)).toContain(`${file(folder)}: expected one of two slots`);
  });

  test('that is missing beside a log or a state is damage, not a new node', async () => {
    const folder = temporaryFolder();
    await writeLog(folder);
    fs.rmSync(file(folder));
    expect(await look(folder)).toContain('expected the identity file, found none');
    await expect(openStore({ folder })).rejects.toMatchObject({ code: 'DATA_DAMAGED' });
    expect(fs.existsSync(file(folder))).toBe(false);
  });
});

describe('a state', () => {
  async function writeState(folder: string): Promise<void> {
    const store = await openStore({ folder });
    await appended(store, append({ first: 1, last: 5 }));
    for (const index of [2, 4]) {
      await store.checkpoint({
        partition: 0,
        index: indexOf(index),
        term: termOf(1),
        timeMs: 1,
        meta: Buffer.alloc(0),
        changes: Array.from({ length: 50 }, (_, at) => {
          return [Buffer.from(`key ${index} ${at}`), Buffer.from(`value ${at}`)] as const;
        }),
      });
    }
    await store.close();
  }

  test('that was emptied is damage, although LevelDB opens it', async () => {
    const folder = temporaryFolder();
    await writeState(folder);
    fs.rmSync(path.join(folder, 'state'), { recursive: true });
    const found = await look(folder);
    expect(found).toContain('expected the checkpoint at index 4 or a later one, found none');
  });

  test('whose log of writes is gone or cut is damage, although LevelDB opens it', async () => {
    const folder = temporaryFolder();
    await writeState(folder);
    const state = path.join(folder, 'state');
    const log = fs.readdirSync(state).find((name) => /^\d+\.log$/.test(name)) ?? '';
    const bytes = fs.readFileSync(path.join(state, log));
    expect(bytes.length).toBeGreaterThan(2000);
    const copy = temporaryFolder();
    for (const damage of [bytes.subarray(0, 0), bytes.subarray(0, bytes.length - 200)]) {
      fs.cpSync(folder, copy, { recursive: true });
      fs.writeFileSync(path.join(copy, 'state', log), damage);
      expect(await look(copy)).toMatch(/expected the checkpoint at index 4/);
      fs.rmSync(copy, { recursive: true });
    }
  });

  test('with a flipped bit anywhere is damage, or the same state', async () => {
    const folder = temporaryFolder();
    await writeState(folder);
    const names = fs.readdirSync(path.join(folder, 'state'));
    const log = names.find((name) => /^\d+\.log$/.test(name)) ?? '';
    const bytes = fs.readFileSync(path.join(folder, 'state', log));
    const copy = temporaryFolder();
    fs.cpSync(folder, copy, { recursive: true });
    const whole = await rowsOfFolder(copy);
    expect(whole).toHaveLength(100);
    fs.rmSync(copy, { recursive: true });
    let damaged = 0;
    for (let offset = 3; offset < bytes.length; offset += 97) {
      fs.cpSync(folder, copy, { recursive: true });
      const flipped = Buffer.from(bytes);
      flipped[offset] = (flipped[offset] ?? 0) ^ 0x04;
      fs.writeFileSync(path.join(copy, 'state', log), flipped);
      const found = await rowsOfFolder(copy);
      if (typeof found === 'string') damaged += 1;
      else expect(found).toEqual(whole);
      fs.rmSync(copy, { recursive: true });
    }
    expect(damaged).toBeGreaterThan(20);
  });

  test('that lost a row without a trace is noticed when its rows are read', async () => {
    const folder = temporaryFolder();
    await writeState(folder);
    const { Level } = await import('level');
    const options = { keyEncoding: 'buffer', valueEncoding: 'buffer' } as const;
    const database = new Level<Buffer, Buffer>(path.join(folder, 'state'), options);
    const [key] = await database
      .keys({ gte: Buffer.from('s') })
      .next()
      .then((first) => [first]);
    if (key === undefined) throw new Error('the state has rows');
    await database.del(key);
    await database.close();
    expect(await rowsOfFolder(folder)).toMatch(/expected 100 rows with sums .*, found 99 rows/);
  });

  test('whose tables no CURRENT file names is not started anew', async () => {
    const folder = temporaryFolder();
    await writeState(folder);
    // Opening twice moves the rows from the log of writes into tables.
    await rowsOfFolder(folder);
    await rowsOfFolder(folder);
    const state = path.join(folder, 'state');
    const tables = fs.readdirSync(state).filter((name) => name.endsWith('.ldb'));
    expect(tables.length).toBeGreaterThan(0);
    fs.rmSync(path.join(state, 'CURRENT'));
    expect(await look(folder)).toContain('CURRENT: expected');
    expect(fs.readdirSync(state)).toEqual(expect.arrayContaining(tables));
  });

  async function rowsOfFolder(folder: string): Promise<string[] | string> {
    try {
      const store = await openStore({ folder, readOnly: true });
      try {
        return await rowsOf(store.recovered.get(0));
      } finally {
        await store.close();
      }
    } catch (error) {
      expect(error).toMatchObject({ code: 'DATA_DAMAGED' });
      return String(error);
    }
  }
});
