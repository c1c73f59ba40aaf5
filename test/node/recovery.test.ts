import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { repair } from '../../src/cli/repair.ts';
import { foundGroups, recoverPartitions } from '../../src/node/recovery.ts';
import { timing } from '../../src/node/timing.ts';
import { Store } from '../../src/store/store.ts';

let folder = '';

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'fencepost-recovery-'));
});

afterEach(() => rmSync(folder, { recursive: true }));

const options = {
  partitionCount: 1,
  leaseGuardPercent: 1,
  electionTimeoutTicks: timing.electionTimeoutTicks,
  heartbeatTicks: timing.heartbeatTicks,
  quiesceTicks: timing.quiesceTicks,
  monotonicMs: 0,
  graceMs: 0,
  onPublish: () => undefined,
};

function open(create?: Parameters<typeof Store.open>[0]['create']): Promise<Store> {
  const onFailure = (failure: Error): never => {
    throw failure;
  };
  return Store.open({ folder, ballastBytes: 0, onFailure, ...(create && { create }) });
}

/** Makes the folder of node 1 of a cluster, without its identity file, and repairs that. */
async function repairWithoutIdentity(peers: readonly number[], founders: readonly number[]) {
  const addresses = new Map(peers.map((id) => [id, `127.0.0.1:1738${id}`]));
  const store = await open({ clusterId: 'c'.repeat(32), nodeId: 1, peers: addresses });
  await foundGroups(store, 1, founders);
  await store.close();
  rmSync(path.join(folder, 'identity'));
  const output = new PassThrough();
  expect(await repair({ folder, input: new PassThrough(), output, yes: true })).toBe(0);
}

test.for([
  { what: 'a founder', peers: [1, 2, 3], founders: [1, 2, 3] },
  { what: 'who joined', peers: [2, 3], founders: [] },
])('the data of a node of a cluster is not served alone: $what', async ({ peers, founders }) => {
  await repairWithoutIdentity(peers, founders);
  const store = await open();
  try {
    expect(store.identity.peers.size).toBe(0);
    await expect(recoverPartitions(store, options, undefined)).rejects.toMatchObject({
      code: 'DATA_FOLDER_UNUSABLE',
      message: expect.stringContaining('of a node of a cluster'),
    });
  } finally {
    await store.close();
  }
});

test('the only node of a cluster is served alone once its identity is lost', async () => {
  await repairWithoutIdentity([1], [1]);
  const store = await open();
  const partitions = await recoverPartitions(store, options, undefined);
  expect(partitions[1]?.raft.configuration.voters).toEqual([partitions[1]?.raft.self]);
  await store.close();
});
