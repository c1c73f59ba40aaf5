import { randomBytes } from 'node:crypto';
import { cp, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { elapse } from '../../harness/elapse.ts';
import { eventually } from '../../harness/eventually.ts';
import { NodeGroup } from '../../harness/node-group.ts';
import type { EndedCommand } from '../../harness/run-command.ts';
import { LockLoad } from './lock-load.ts';

/** One line says why, and nothing else does. */
function expectRefusal({ code, stderr }: EndedCommand, reason: string | RegExp): void {
  expect(stderr).toMatch(/^fencepost: [^\n]+\n$/);
  expect(stderr).toMatch(reason);
  expect(code).toBe(1);
}

/** What ends a node that had begun to serve. */
function expectEnd({ code, stderr }: EndedCommand, reason: string | RegExp): void {
  const lines = stderr.split('\n').filter((line) => / (fatal|error) /.test(line));
  expect(lines, stderr).toHaveLength(1);
  expect(lines[0]).toMatch(reason);
  expect(code).toBe(1);
}

let group: NodeGroup;
/** A data folder of node 3 that says that it belongs to another cluster. */
let otherCluster = '';

beforeAll(async () => {
  group = await NodeGroup.choose();
  otherCluster = join(group.folder, 'other-cluster');
  const { port } = group.place(3);
  const flags = ['--node-id', '3', '--peers', group.peers(), '--partitions', '5'];
  const secret = ['--cluster-secret-file', group.secretFile];
  const founder = await group.startElsewhere({ port, folder: otherCluster }, [...flags, ...secret]);
  founder.signal('SIGTERM');
  await founder.ended();
  await Promise.all([1, 2, 3].map((id) => group.start(id)));
  await group.leaders();
});

afterAll(async () => {
  await group.stop();
});

/** Runs `use` while other nodes are locked through; none of them may notice anything. */
async function undisturbed(ids: readonly number[], use: () => Promise<void>): Promise<void> {
  const load = new LockLoad(ids.map((id) => group.place(id).port));
  try {
    await load.grants(1);
    await use();
    await load.grants(10);
  } finally {
    await load.stop();
  }
  expect(load.errors).toEqual([]);
  expect(load.violations).toEqual([]);
  expect(load.uncertainCount).toBe(0);
}

test('a node that is killed starts again at once with its port and data folder alone', async () => {
  await group.end(2, 'SIGKILL');
  const server = await group.start(2);
  await group.leaders();
  // Peers that had not noticed its end take it for a second node 2 for a moment only.
  await elapse(2_500);
  expect(await group.ask(2, 'SET', 'after', 'restart', 'NX', 'PX', '1000')).toBe('OK');
  expect(server.output).not.toContain('fatal');
  for (const id of [1, 2, 3]) {
    const { stdout } = await group.operate(id, 'status');
    for (const { port } of group.places.values()) expect(stdout).toContain(`127.0.0.1:${port} `);
  }
  const { mode } = await stat(join(group.place(2).folder, 'cluster-secret'));
  expect(mode & 0o777).toBe(0o600);
});

describe('node 3 is not started with', () => {
  beforeAll(async () => {
    await group.end(3, 'SIGTERM');
    await group.leaders();
  });

  afterAll(async () => {
    await group.start(3);
    await group.leaders();
  });

  test('another id, number of partitions or cluster than its data folder is of', async () => {
    const place = group.place(3);
    const otherId = ['--node-id', '2', '--peers', group.peers()];
    const wrongId = await group.startToEnd(place, otherId);
    expectRefusal(wrongId, 'is that of node 3, but --node-id is 2');
    const wrongCount = await group.startToEnd(place, ['--partitions', '9']);
    expectRefusal(wrongCount, 'has 4 partition(s), but 9 were asked for');
    const elsewhere = '1=127.0.0.1:2,2=127.0.0.1:3,3=127.0.0.1:4';
    const ended = await group.startToEnd(place, ['--node-id', '3', '--peers', elsewhere]);
    expectRefusal(ended, `is of the cluster ${group.peers()}, but --peers is ${elsewhere}`);
  });

  test('a list of peers, or a number of partitions, that is not that of the others', async () => {
    await undisturbed([1, 2], async () => {
      const { port, peerPort } = group.place(3);
      const spare = await group.addPlace(9);
      group.places.delete(9);
      const peers = group.peers().replace(`:${peerPort}`, `:${spare.peerPort}`);
      const ended = await group.startToEnd({ port, folder: join(group.folder, 'new-a') }, [
        ...['--node-id', '3', '--peers', peers, '--partitions', '7'],
        ...['--cluster-secret-file', group.secretFile],
      ]);
      const addresses = `node 3 is 127.0.0.1:${spare.peerPort} there, 127.0.0.1:${peerPort} here`;
      expectRefusal(ended, addresses);
      expectRefusal(ended, '--partitions 7 there, 4 here');
    });
  });

  test('another secret', async () => {
    await undisturbed([1, 2], async () => {
      const file = join(group.folder, 'other-secret');
      await writeFile(file, randomBytes(32).toString('hex'));
      const flags = ['--node-id', '3', '--peers', group.peers(), '--partitions', '4'];
      const place = { port: group.place(3).port, folder: join(group.folder, 'new-b') };
      const ended = await group.startToEnd(place, [...flags, '--cluster-secret-file', file]);
      expectRefusal(ended, 'the two nodes do not have the same cluster secret');
    });
  });

  test('the data folder of another cluster', async () => {
    await undisturbed([1, 2], async () => {
      const { port } = group.place(3);
      const ended = await group.startToEnd({ port, folder: otherCluster });
      expectRefusal(ended, /node [12] refuses this node: node 3 is of cluster [0-9a-f]{32}, /);
      expectRefusal(ended, '--partitions 5 there, 4 here');
    });
  });
});

describe('the id of a node that runs is not for', () => {
  test('a second node with an empty folder', async () => {
    await undisturbed([1, 2, 3], async () => {
      const { port } = await group.addPlace(9);
      group.places.delete(9);
      const ended = await group.startToEnd({ port, folder: join(group.folder, 'new-c') }, [
        ...group.firstFlags(2),
        ...['--peer-host', '127.0.0.2'],
      ]);
      expectRefusal(ended, 'another node with the id 2 is linked already');
    });
  });

  test('a copy of its data folder', async () => {
    const { folder } = group.place(2);
    const copy = join(group.folder, 'copy');
    await group.end(2, 'SIGTERM');
    await cp(folder, copy, { recursive: true });
    await group.start(2);
    await group.leaders();
    await undisturbed([1, 2, 3], async () => {
      const { port } = await group.addPlace(9);
      group.places.delete(9);
      const samePort = await group.startToEnd({ port, folder: copy });
      expectRefusal(samePort, `cannot listen for peers on 127.0.0.1:${group.place(2).peerPort}`);
      const elsewhere = await group.startToEnd({ port, folder: copy }, [
        '--peer-host',
        '127.0.0.2',
      ]);
      expectEnd(elsewhere, /node [13] refuses this node: another node with the id 2 is linked/);
    });
    await eventually('node 2 goes on', 1_000, async () =>
      (await group.ask(2, 'PING')) === 'PONG' ? true : undefined,
    );
  });
});

test('without a secret there is no peer port off loopback', async () => {
  const place = { port: group.place(1).port, folder: join(group.folder, 'new-d') };
  const flags = ['--node-id', '1', '--peers', '1=127.0.0.1:17379,2=127.0.0.1:17380'];
  const ended = await group.startToEnd(place, [...flags, '--peer-host', '0.0.0.0']);
  expectRefusal(ended, /secret/);
});
