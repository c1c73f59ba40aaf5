import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { FencepostError } from '../../src/base/errors.ts';
import { createCommandTable } from '../../src/commands/command-table.ts';
import type { ServerPort } from '../../src/commands/server-port.ts';
import type { SessionPort } from '../../src/commands/session-port.ts';
import { set } from '../../src/commands/set.ts';
import type { Node } from '../../src/node/node.ts';
import { startNode } from '../../src/node/start-node.ts';

const commands = createCommandTable([set]);
/** `as`: a node asks nothing of server and session; these commands ask for a database alone. */
const session = { db: 0, watchedKeys: [] as SessionPort['watchedKeys'] } as SessionPort;
const server = { subscriptions: { receiverCount: () => 0 } } as unknown as ServerPort;

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'fencepost-stop-'));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const address = probe.address();
      const port = typeof address === 'object' ? (address?.port ?? 0) : 0;
      probe.close(() => resolve(port));
    });
  });
}

async function startThree(): Promise<readonly Node[]> {
  const ids = [1, 2, 3];
  const peers = new Map<number, string>();
  for (const id of ids) peers.set(id, `127.0.0.1:${await freePort()}`);
  const start = (nodeId: number): Promise<Node> =>
    startNode({
      dataFolder: path.join(folder, `${nodeId}`),
      partitionCount: 1,
      leaseGuardPercent: 1,
      fsyncMode: 'on-loop',
      commands,
      server,
      cluster: {
        nodeId,
        peers,
        join: false,
        peerPort: 0,
        peerHost: '',
        secret: undefined,
        clientAddress: () => '',
      },
      log: () => undefined,
      onPublish: () => undefined,
      onTurnEnd: () => undefined,
      onFailure: () => undefined,
    });
  return Promise.all(ids.map(start));
}

async function until<Found>(find: () => Found | undefined): Promise<Found> {
  for (;;) {
    const found = find();
    if (found !== undefined) return found;
    await new Promise((resolve) => setImmediate(resolve));
  }
}

test('a leader stops although nobody is left to commit what somebody waits for', async () => {
  const nodes = await startThree();
  const leads = (node: Node) => node.partitions[1]?.servingTerm !== 0;
  const leader = await until(() => nodes.find(leads));
  const raft = leader.partitions[1]?.raft;
  const followers = nodes.filter((node) => node !== leader);
  for (const node of followers) node.fail(new FencepostError('DISK_FAILED', 'they are gone'));
  // As right after an election: nobody is known to be able to take over.
  if (raft !== undefined) Object.assign(raft, { progress: () => [] });
  const outcome = leader.router.execute(session, set, ['set', 'lock', 'me', 'NX', 'PX', '9000']);
  expect(outcome.ready).toBe(false);
  await leader.stop();
  expect(outcome.reply).toMatchObject({ kind: 'error' });
  for (const node of followers) await node.stop();
}, 30_000);
