import fs from 'node:fs';
import path from 'node:path';
import { PassThrough } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { repair } from '../../src/cli/repair.ts';
import { indexOf, replicaIdOf, termOf } from '../../src/raft/types.ts';
import { slotBytes } from '../../src/store/identity.ts';
import type { StoreOptions } from '../../src/store/store-port.ts';
import {
  append,
  appended,
  openStore,
  rowsOf,
  segmentPath,
  summarize,
} from '../store/sample-log.ts';
import { temporaryFolder } from '../store/temporary-folder.ts';

interface Run {
  readonly code: number;
  readonly text: string;
}

async function run(
  folder: string,
  given: { readonly yes?: boolean; readonly restored?: boolean; readonly answer?: string } = {},
): Promise<Run> {
  const output = new PassThrough();
  const input: PassThrough & { isTTY?: boolean } = new PassThrough();
  if (given.answer !== undefined) {
    input.isTTY = true;
    input.end(`${given.answer}\n`);
  }
  const { yes = false, restored = false } = given;
  const code = await repair({ folder, input, output, yes, restored });
  return { code, text: String(output.read() ?? '') };
}

/** Turns 1 to 9 of partition 0, each its own record, a checkpoint at 3, and a small partition 1. */
async function writeData(
  folder: string,
  create?: NonNullable<StoreOptions['create']>,
): Promise<void> {
  const options = { folder, segmentBytes: 600, mode: 'on-loop' } as const;
  const store = await openStore({ ...options, ...(create && { create }) });
  const hardState = { term: termOf(2), votedFor: replicaIdOf(5) };
  await appended(store, { ...append({ partition: 1, first: 1, last: 2 }), hardState });
  for (let index = 1; index <= 9; index += 1) {
    await appended(store, append({ first: index, last: index }));
  }
  await store.checkpoint({
    partition: 0,
    index: indexOf(3),
    term: termOf(1),
    timeMs: 1,
    meta: Buffer.from('meta'),
    changes: [[Buffer.from('k'), Buffer.from('v')]],
  });
  await store.close();
}

function change(folder: string, text: string): string {
  const names = fs.readdirSync(path.join(folder, 'log'));
  for (const name of names) {
    const file = path.join(folder, 'log', name);
    const bytes = fs.readFileSync(file);
    const at = bytes.indexOf(text);
    if (at < 0) continue;
    bytes[at] = 0x51;
    fs.writeFileSync(file, bytes);
    return file;
  }
  throw new Error(`${text} is in no segment`);
}

function treeOf(folder: string): Record<string, string> {
  const names = fs.readdirSync(folder, { recursive: true, encoding: 'utf8' });
  const files = names.filter((name) => name.startsWith('log/') || name === 'identity');
  return Object.fromEntries(
    files.map((name) => [name, fs.readFileSync(path.join(folder, name)).toString('base64')]),
  );
}

describe('fencepost repair', () => {
  test('finds nothing to do in a whole folder', async () => {
    const folder = temporaryFolder();
    await writeData(folder);
    const before = treeOf(folder);
    const { code, text } = await run(folder, { yes: true });
    expect(text).toContain('Nothing is damaged');
    expect(code).toBe(0);
    expect(treeOf(folder)).toEqual(before);
  });

  test('restores no node of a cluster from a copy, and says where it gets its data', async () => {
    const folder = temporaryFolder();
    const peers = new Map([[2, '127.0.0.1:1']]);
    await (
      await openStore({ folder, create: { clusterId: 'ab'.repeat(16), nodeId: 1, peers } })
    ).close();
    const before = treeOf(folder);
    const { code, text } = await run(folder, { restored: true });
    expect(text).toContain('from its peers');
    expect(code).toBe(1);
    expect(treeOf(folder)).toEqual(before);
  });

  test('shows the damage and what would be lost, and changes nothing unasked', async () => {
    const folder = temporaryFolder();
    await writeData(folder);
    const file = change(folder, 'payload 6');
    const before = treeOf(folder);
    const { code, text } = await run(folder);
    expect(code).toBe(1);
    expect(text).toContain(`Damaged: ${file} is damaged at byte`);
    expect(text).toMatch(/partition 0: kept up to index 5 .*LOST: entries 6 to 9 \(4\)/);
    expect(text).toMatch(/partition 1: kept up to index 2 .*no lost entry/);
    expect(text).toMatch(/4 records behind the damage can still be read/);
    expect(text).toContain('partition 0 entries 8 to 8');
    expect(text).toContain('Give --yes');
    expect(treeOf(folder)).toEqual(before);
  });

  test('cuts only after the word', async () => {
    const folder = temporaryFolder();
    await writeData(folder);
    change(folder, 'payload 6');
    const before = treeOf(folder);
    for (const answer of ['', 'yes', 'no', 'Cut!']) {
      const { code, text } = await run(folder, { answer });
      expect(code).toBe(1);
      expect(text).toContain('Nothing was changed.');
      expect(treeOf(folder)).toEqual(before);
    }
    expect((await run(folder, { answer: 'cut' })).code).toBe(0);
    expect(treeOf(folder)).not.toEqual(before);
  });

  test('cuts at the last good record, under a new incarnation, and keeps the bytes', async () => {
    const folder = temporaryFolder();
    await writeData(folder);
    change(folder, 'payload 6');
    const { code, text } = await run(folder, { yes: true });
    expect(text).toContain('Done.');
    expect(code).toBe(0);
    const side = fs.readdirSync(path.join(folder, 'cut-2'));
    const kept = side.map((name) => fs.readFileSync(path.join(folder, 'cut-2', name)).toString());
    expect(kept.join('')).toContain('payload 8');
    expect(kept.join('')).toContain('payload 9');
    const store = await openStore({ folder });
    expect(store.identity).toMatchObject({ incarnation: 2, cuts: 1 });
    const recovered = store.recovered.get(0);
    expect(recovered?.entries.map(({ index }) => index)).toEqual([4, 5]);
    expect(await rowsOf(recovered)).toEqual(['k=v']);
    expect(summarize(store.recovered.get(1))).toMatchObject({ term: 2, votedFor: 5 });
    await appended(store, append({ first: 6, last: 7, term: 3 }));
    await store.close();
    expect((await run(folder)).text).toContain('Nothing is damaged');
    const again = await openStore({ folder });
    expect(again.recovered.get(0)?.entries.map(({ index, term }) => [index, term])).toEqual([
      [4, 1],
      [5, 1],
      [6, 3],
      [7, 3],
    ]);
    await again.close();
  });

  test('goes on from the checkpoint if the damage lies before it', async () => {
    const folder = temporaryFolder();
    await writeData(folder);
    change(folder, 'payload 2');
    const { code, text } = await run(folder, { yes: true });
    expect(text).toMatch(
      /partition 0: kept up to index 3 \(checkpoint at 3\), LOST: entries 4 to 9/,
    );
    expect(code).toBe(0);
    const store = await openStore({ folder });
    expect(summarize(store.recovered.get(0))).toMatchObject({ checkpoint: 3, entries: [] });
    await appended(store, append({ first: 4, last: 4 }));
    await store.close();
  });

  test.each([1, 2])('goes on from what is left if segment %s is gone', async (sequence) => {
    const folder = temporaryFolder();
    await writeData(folder);
    fs.rmSync(segmentPath(folder, sequence));
    expect((await run(folder, { yes: true })).code).toBe(0);
    const store = await openStore({ folder });
    expect(store.recovered.get(0)?.checkpoint?.index).toBe(3);
    await appended(store, append({ first: sequence === 1 ? 4 : nextOf(store), last: 20 }));
    await store.close();
    await (await openStore({ folder })).close();

    function nextOf(opened: { readonly recovered: typeof store.recovered }): number {
      return (opened.recovered.get(0)?.entries.at(-1)?.index ?? 3) + 1;
    }
  });

  test('writes a new identity from the log if both slots are unreadable', async () => {
    const folder = temporaryFolder();
    const create = { clusterId: 'cd'.repeat(16), nodeId: 1 };
    const first = await openStore({ folder, create });
    await appended(first, append({ first: 1, last: 3 }));
    await first.close();
    fs.writeFileSync(path.join(folder, 'identity'), Buffer.alloc(2 * slotBytes, 1));
    const { code, text } = await run(folder, { yes: true });
    expect(text).toContain('A new identity file would be written');
    expect(code).toBe(0);
    const store = await openStore({ folder });
    expect(store.identity).toMatchObject({ ...create, incarnation: 2, cuts: 1 });
    expect(store.recovered.get(0)?.entries).toHaveLength(3);
    await store.close();
  });

  test('says that no cut brings a lost state back', async () => {
    const folder = temporaryFolder();
    await writeData(folder);
    fs.rmSync(path.join(folder, 'state'), { recursive: true });
    const before = treeOf(folder);
    const { code, text } = await run(folder, { yes: true });
    expect(code).toBe(1);
    expect(text).toContain('expected the checkpoint at index 3');
    expect(text).toContain('restore the data folder from a backup');
    expect(treeOf(folder)).toEqual(before);
  });

  test('cuts nothing for a node of several: the others have what it lost', async () => {
    const clusterId = 'c'.repeat(32);
    const peers = new Map([1, 2, 3].map((id) => [id, `127.0.0.1:1738${id}`]));
    for (const { nodeId, loses } of [
      { nodeId: 1, loses: 'an entry' },
      { nodeId: 2, loses: 'an entry' },
      { nodeId: 2, loses: 'its identity' },
    ]) {
      const folder = temporaryFolder();
      await writeData(folder, { clusterId, nodeId, peers });
      if (loses === 'an entry') change(folder, 'payload 7');
      else fs.rmSync(path.join(folder, 'identity'));
      const before = treeOf(folder);
      const { code, text } = await run(folder, { yes: true });
      expect(code).toBe(1);
      expect(text).toContain(`the folder of node ${nodeId} of a cluster: nothing is cut`);
      expect(text).toContain('with --node-id and --peers');
      expect(treeOf(folder)).toEqual(before);
    }
  });

  test('lets the only node of a cluster keep its name, by which its groups know it', async () => {
    const folder = temporaryFolder();
    const peers = new Map([[1, '127.0.0.1:17381']]);
    await writeData(folder, { clusterId: 'c'.repeat(32), nodeId: 1, peers });
    for (const [cuts, lost] of [[1, 'payload 8'] as const, [2, 'payload 6'] as const]) {
      change(folder, lost);
      const { code, text } = await run(folder, { yes: true });
      expect(code, text).toBe(0);
      expect(text).toContain(`cut-${cuts + 1}`);
      const store = await openStore({ folder });
      expect(store.identity).toMatchObject({ nodeId: 1, incarnation: 1, cuts, peers });
      await store.close();
    }
  });

  test('refuses a folder that a server has open, and one that holds no data', async () => {
    const folder = temporaryFolder();
    const none = await run(folder, { yes: true });
    expect(none).toMatchObject({ code: 1 });
    expect(none.text).toContain('is not a data folder');
    expect(fs.existsSync(folder)).toBe(false);
    const store = await openStore({ folder });
    const busy = await run(folder, { yes: true });
    expect(busy.code).toBe(1);
    expect(busy.text).toContain('another process has the data folder');
    await store.close();
  });

  test('repairs the log after any single flipped byte', async () => {
    const whole = temporaryFolder();
    await writeData(whole);
    const file = segmentPath(whole, 1);
    const { length } = fs.readFileSync(file);
    const folder = temporaryFolder();
    for (let offset = 0; offset < length; offset += 41) {
      fs.cpSync(whole, folder, { recursive: true });
      const bytes = fs.readFileSync(segmentPath(folder, 1));
      bytes[offset] = (bytes[offset] ?? 0) ^ 0x20;
      fs.writeFileSync(segmentPath(folder, 1), bytes);
      const { code, text } = await run(folder, { yes: true });
      expect(code, text).toBe(0);
      const store = await openStore({ folder });
      expect(await rowsOf(store.recovered.get(0))).toEqual(['k=v']);
      await store.close();
      fs.rmSync(folder, { recursive: true });
    }
  });
});
