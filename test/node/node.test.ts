import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { limits } from '../../src/base/limits.ts';
import type { Command } from '../../src/commands/command.ts';
import { createCommandTable } from '../../src/commands/command-table.ts';
import { get } from '../../src/commands/get.ts';
import { kget } from '../../src/commands/kget.ts';
import { publish } from '../../src/commands/publish.ts';
import type { ServerPort } from '../../src/commands/server-port.ts';
import type { SessionPort } from '../../src/commands/session-port.ts';
import { set } from '../../src/commands/set.ts';
import type { Node, NodeOptions } from '../../src/node/node.ts';
import { startNode } from '../../src/node/start-node.ts';
import type { Reply } from '../../src/resp/reply.ts';

const commands = createCommandTable([get, kget, publish, set]);
/** `as`: a node asks nothing of server and session; these commands ask for a database alone. */
const session = { db: 0, watchedKeys: [] as SessionPort['watchedKeys'] } as SessionPort;
const server = { subscriptions: { receiverCount: () => 0 } } as unknown as ServerPort;

const turnOfLoop = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

let folder: string;
let open: Node | undefined;

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'fencepost-node-'));
});

afterEach(async () => {
  await open?.stop();
  open = undefined;
  rmSync(folder, { recursive: true, force: true });
});

async function start(options: Partial<NodeOptions> = {}): Promise<Node> {
  open = await startNode({
    dataFolder: folder,
    partitionCount: 1,
    leaseGuardPercent: 1,
    fsyncMode: 'auto',
    commands,
    server,
    log: () => undefined,
    onPublish: () => undefined,
    onTurnEnd: () => undefined,
    onFailure: (failure) => {
      throw failure;
    },
    ...options,
  });
  return open;
}

async function stop(): Promise<void> {
  await open?.stop();
  open = undefined;
}

function run(node: Node, command: Command, ...args: string[]): Promise<Reply> {
  const outcome = node.router.execute(session, command, [command.name, ...args]);
  return new Promise((resolve) => {
    if (outcome.ready) resolve(outcome.reply);
    else outcome.onReady(() => resolve(outcome.reply));
  });
}

for (const fsyncMode of ['on-loop', 'asynchronous'] as const) {
  test(`leases, tokens and log time survive a restart (${fsyncMode} fsync)`, async () => {
    const before = await start({ fsyncMode });
    expect(await run(before, set, 'lock', 'me', 'NX', 'PX', '60000')).toMatchObject({ text: 'OK' });
    expect(await run(before, set, 'other', 'me', 'NX')).toMatchObject({ text: 'OK' });
    await stop();
    const after = await start({ fsyncMode });
    expect(await run(after, set, 'lock', 'you', 'NX', 'PX', '60000')).toEqual({ kind: 'null' });
    expect(await run(after, get, 'lock')).toMatchObject({ value: 'me' });
    const held = await run(after, kget, 'lock');
    expect(JSON.stringify(held)).toContain('{"kind":"integer","value":1}');
    expect(await run(after, set, 'third', 'me')).toMatchObject({ text: 'OK' });
    const third = await run(after, kget, 'third');
    expect(JSON.stringify(third)).toContain('{"kind":"integer","value":3}');
  });
}

test('outcomes of one turn become ready together, after one write', async () => {
  const node = await start();
  const replies = await Promise.all(
    Array.from({ length: 100 }, (_, at) => run(node, set, `k${at}`, 'me')),
  );
  expect(replies).toHaveLength(100);
  expect(node.status().partitions[1]).toMatchObject({ lastIndex: 2, lastToken: 100 });
});

test('keys of several partitions survive; another number of partitions is refused', async () => {
  const before = await start({ partitionCount: 4 });
  for (let at = 0; at < 50; at += 1) await run(before, set, `k${at}`, `v${at}`);
  const counts = before.status().partitions.map(({ leaseCount }) => leaseCount);
  expect(counts[0]).toBe(0);
  expect(counts.slice(1).every((count) => count > 0)).toBe(true);
  await stop();
  await expect(start({ partitionCount: 2 })).rejects.toMatchObject({ code: 'BAD_OPTION' });
  open = undefined;
  const after = await start({ partitionCount: 4 });
  for (let at = 0; at < 50; at += 1) {
    expect(await run(after, get, `k${at}`)).toMatchObject({ value: `v${at}` });
  }
});

test('checkpoints are written while commands run; a restart begins at the last', async () => {
  const before = await start();
  for (let round = 0; round < 5; round += 1) {
    const sets = Array.from({ length: 10_000 }, (_, at) =>
      run(before, set, `k${round}:${at}`, 'me', 'PX', '600000'),
    );
    await Promise.all(sets);
  }
  await stop();
  const after = await start();
  const { leaseCount, lastToken } = after.status().partitions[1] ?? {};
  expect({ leaseCount, lastToken }).toEqual({ leaseCount: 50_000, lastToken: 50_000 });
});

test('a turn with many bytes of effects is full until it has ended', async () => {
  const node = await start();
  const value = 'v'.repeat(1024 * 1024);
  const replies: Promise<Reply>[] = [];
  while (!node.router.full && replies.length < 100) {
    replies.push(run(node, set, `large${replies.length}`, value));
  }
  expect(replies).toHaveLength(16);
  await Promise.all(replies);
  expect(node.router.full).toBe(false);
});

test('a message reaches the subscribers of this node after its commit', async () => {
  const seen: string[] = [];
  const node = await start({ onPublish: (channel, message) => seen.push(channel, message) });
  await run(node, publish, 'released', 'lock');
  expect(seen).toEqual(['released', 'lock']);
});

test('the folder of a running node is refused', async () => {
  await start();
  const first = open;
  await expect(start()).rejects.toMatchObject({ code: 'DATA_FOLDER_IN_USE' });
  open = first;
});

test('a node that stops while very many leases end stops cleanly', async () => {
  const node = await start({ fsyncMode: 'on-loop' });
  const leaseCount = 3 * limits.expirationsPerTurnMax + 1;
  const sets = Array.from({ length: leaseCount }, (_, at) =>
    run(node, set, `k${at}`, 'me', 'PX', '1'),
  );
  await Promise.all(sets);
  const lastToken = node.status().partitions[1]?.lastToken;
  while (node.status().partitions[1]?.leaseCount === leaseCount) await turnOfLoop();
  await stop();
  for (let turn = 0; turn < 4; turn += 1) await turnOfLoop();
  const after = await start();
  expect(after.status().partitions[1]).toMatchObject({ lastToken });
});
