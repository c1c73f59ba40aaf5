import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventually } from '../../harness/eventually.ts';
import { NodeGroup } from '../../harness/node-group.ts';
import { limits } from '../../src/base/limits.ts';

const partitionCount = 2;
/** One lock of each partition, held from the beginning to the end. */
const held = ['lock:a', 'lock:b', 'lock:c', 'lock:d'];

let group: NodeGroup;

beforeAll(async () => {
  group = await NodeGroup.start({ partitionCount });
  for (const key of held)
    expect(await group.ask(1, 'KLOCK', key, 'me', '600000')).toBeTypeOf('number');
});

afterAll(async () => {
  await group.stop();
});

/** Waits until a node follows or leads every group, up to the end of its log. */
async function votes(id: number): Promise<void> {
  await eventually(`node ${id} votes again`, 20_000, async () => {
    const { stdout } = await group.operate(id, 'status');
    const rows = stdout.split('\n').filter((line) => /^\d+ .* 1\/2\/3$/.test(line));
    const lines = await group.lines(id);
    const follows = lines.every(({ role, leader }) => /^(follower|leader)$/.test(role) && leader);
    return rows.length === partitionCount + 1 && follows ? true : undefined;
  });
}

/** Whether a majority of which `id` is needed still serves what was acknowledged. */
async function isNeededAndServes(id: number, other: number): Promise<void> {
  await votes(id);
  await group.end(other, 'SIGKILL');
  for (const key of held) {
    await eventually(`${key} is served`, 10_000, async () =>
      (await group.ask(id, 'GET', key)) === 'me' ? true : undefined,
    );
    expect(await group.ask(id, 'KLOCK', key, 'you', '600000')).toBeNull();
  }
  await group.start(other);
  await group.leaders();
}

test('a node whose log is damaged comes back by itself and votes again', async () => {
  const { folder } = group.place(2);
  await group.end(2, 'SIGKILL');
  const log = join(folder, 'log');
  const [first = ''] = (await readdir(log)).filter((name) => name.endsWith('.log')).sort();
  const bytes = await readFile(join(log, first));
  // In the middle of what was written, far from anything that a crash could tear.
  const at = Math.floor(bytes.findLastIndex((byte) => byte !== 0) / 2);
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  await writeFile(join(log, first), bytes);
  const server = await group.start(2);
  expect(server.output).toMatch(/warn .*log.*damaged-1/);
  await isNeededAndServes(2, 3);
});

test('a node whose folder is gone comes back under its next incarnation', async () => {
  const { folder } = group.place(3);
  await group.end(3, 'SIGKILL');
  await rm(folder, { recursive: true });
  await group.start(3, group.firstFlags(3));
  await isNeededAndServes(3, 1);
});

test('a node that lost its folder while all were down does not speak for the old one', async () => {
  for (const id of [1, 2, 3]) await group.end(id, 'SIGKILL');
  await rm(group.place(1).folder, { recursive: true });
  // Nobody is there to tell it that it has a past, so it takes itself for a founder.
  const pretender = await group.start(1, group.firstFlags(1));
  await Promise.all([group.start(2), group.start(3)]);
  expect(await pretender.ended(), pretender.output).toEqual({ code: 1, signal: null });
  expect(pretender.output).toMatch(/fatal node [23] refuses this node: node 1 was in the cluster/);
  group.forget(1);
  await group.start(1);
  await isNeededAndServes(1, 2);
});

test('a node that lags beyond compaction catches up by a snapshot', async () => {
  await group.end(2, 'SIGTERM');
  await group.leaders();
  const keyCount = limits.checkpointKeyCount + 1_000;
  const client = await group.connect(1);
  // Twice, because a checkpoint keeps the entries since the one before it.
  for (const round of ['first', 'second', 'third']) {
    for (let from = 0; from < keyCount; from += 1_000) {
      const batch = Array.from({ length: 1_000 }, (_, at) => {
        return ['SET', `{many}:${from + at}`, round, 'PX', '600000'];
      });
      await client.sendAll(batch);
    }
  }
  client.close();
  const server = await group.start(2);
  await eventually('a snapshot is installed', 20_000, () =>
    server.output.includes('a snapshot was installed') ? true : undefined,
  );
  const before = await group.ask(1, 'DBSIZE');
  await group.leaders();
  const { code, stdout } = await group.operate(1, 'transfer', 'all', '2');
  expect(code, stdout).toBe(0);
  // It leads now, so the answers come from its own state.
  expect(await group.ask(2, 'DBSIZE')).toBe(before);
  for (const at of [0, 999, keyCount - 1]) {
    expect(await group.ask(2, 'GET', `{many}:${at}`)).toBe('third');
  }
  for (const key of held) expect(await group.ask(2, 'GET', key)).toBe('me');
});
