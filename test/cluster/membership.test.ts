import { rm } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventually } from '../../harness/eventually.ts';
import { NodeGroup } from '../../harness/node-group.ts';
import { LockLoad } from './lock-load.ts';

let group: NodeGroup;

beforeAll(async () => {
  group = await NodeGroup.start();
});

afterAll(async () => {
  await group.stop();
});

/** Runs `use` while locks are taken and released through these nodes: nobody notices anything. */
async function unnoticed(ids: readonly number[], use: () => Promise<void>): Promise<void> {
  const load = new LockLoad(ids.map((id) => group.place(id).port));
  try {
    await load.grants(10);
    await use();
    await load.grants(20);
  } finally {
    await load.stop();
  }
  expect(load.errors).toEqual([]);
  expect(load.violations).toEqual([]);
  expect(load.uncertainCount).toBe(0);
  for (const key of load.keys) expect(await group.ask(1, 'GET', key), key).toBeNull();
}

async function operate(id: number, ...args: readonly string[]): Promise<string> {
  const { code, stdout } = await group.operate(id, ...args);
  if (code !== 0) throw new Error(`${args.join(' ')}: ${code} ${stdout}\n${await group.story()}`);
  return stdout;
}

async function voters(id: number): Promise<readonly string[]> {
  const { stdout } = await group.operate(id, 'status');
  const rows = stdout.slice(stdout.indexOf('PARTITION')).trimEnd().split('\n').slice(1);
  return rows.map((row) => row.trim().split(/ {2,}/).at(-1) ?? '');
}

test('a node is added, promoted and removed under load, without an error', async () => {
  const all = group.partitionCount + 1;
  await unnoticed([1, 2, 3], async () => {
    const { peerPort } = await group.addPlace(4);
    await group.start(4, group.joiningFlags(4));
    const added = await operate(2, 'add', '4', `127.0.0.1:${peerPort}`);
    expect(added).toContain('node 4 is a member of every partition');
    expect(await voters(2)).toEqual(Array(all).fill('1/2/3, learning 4'));
    // It serves as any other node does.
    expect(await group.ask(4, 'SET', 'through:4', 'me', 'NX', 'PX', '60000')).toBe('OK');
    expect(await group.ask(1, 'GET', 'through:4')).toBe('me');
    expect(await operate(3, 'promote', '4')).toContain('node 4 votes in every partition');
    expect(await voters(3)).toEqual(Array(all).fill('1/2/3/4'));
    expect(await operate(1, 'remove', '4')).toContain('node 4 is no member of any partition');
    expect(await voters(1)).toEqual(Array(all).fill('1/2/3'));
    await group.end(4, 'SIGTERM');
    await group.leaders();
  });
});

test('a node that was removed is told so; its number comes back with a new folder', async () => {
  const { port, peerPort, folder } = group.place(4);
  const ended = await group.startToEnd({ port, folder });
  expect(ended.stderr).toMatch(/ fatal node [123] refuses this node: node 4 was removed from/);
  expect(ended.code).toBe(1);
  await rm(folder, { recursive: true });
  await unnoticed([1, 2, 3], async () => {
    await group.start(4, group.joiningFlags(4));
    await operate(1, 'add', '4', `127.0.0.1:${peerPort}`);
    await operate(1, 'promote', '4');
    expect(await voters(4)).toEqual(Array(group.partitionCount + 1).fill('1/2/3/4'));
    const itself = await group.operate(4, 'remove', '4');
    expect(itself).toMatchObject({
      code: 1,
      stdout: expect.stringContaining('cannot remove itself'),
    });
    await operate(2, 'remove', '4');
    await group.end(4, 'SIGTERM');
  });
});

test('leadership that is transferred goes where it was asked to', async () => {
  await unnoticed([1, 2, 3], async () => {
    const target = ((await group.leaders())[3] ?? 0) === 2 ? 3 : 2;
    await operate(1, 'transfer', '3', String(target));
    expect((await group.leaders())[3]).toBe(target);
  });
});

test('SIGTERM of a leader is no error to those who use other nodes; leaders return', async () => {
  await unnoticed([1, 2], async () => {
    await operate(1, 'transfer', 'all', '3');
    const server = await group.end(3, 'SIGTERM');
    expect(server.output).toContain('stopped');
    expect(await group.leaders()).not.toContain(3);
  });
  await group.start(3);
  // The voters take turns by the number of the partition.
  const spread = Array.from({ length: group.partitionCount + 1 }, (_, at) => 1 + (at % 3));
  await eventually('the leaders are spread evenly again', 15_000, async () =>
    String(await group.leaders()) === String(spread) ? true : undefined,
  );
});
