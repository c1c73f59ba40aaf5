import { afterEach, expect, test } from 'vitest';
import { introduce, type PreflightOptions } from '../../src/node/preflight.ts';
import { secret, TransportNode } from '../transport/transport-node.ts';

const clusterId = 'c0'.repeat(16);
const open: TransportNode[] = [];

afterEach(async () => {
  for (const node of open.splice(0)) await node.transport.close();
});

async function listen(...options: Parameters<typeof TransportNode.open>): Promise<TransportNode> {
  const node = await TransportNode.open(...options);
  open.push(node);
  return node;
}

function newcomer(peers: ReadonlyMap<number, string>): PreflightOptions {
  const listenAt = { host: '127.0.0.1', port: 0 };
  const who = { nodeId: 3, clusterId, incarnation: 1, partitionCount: 8, clientAddress: '' };
  return { ...who, peers, listen: listenAt, secret, log: () => undefined };
}

test('a fellow beginner cannot vouch for a node whose replicas voted already', async () => {
  const place = await TransportNode.open(1);
  const { port } = place.transport.address;
  const address = place.address;
  await place.transport.close();
  let knowing: Promise<TransportNode> | undefined;
  // The one that knows answers only after the beginner has.
  const beginner = await listen(
    2,
    {
      accept: () => {
        knowing ??= listen(
          1,
          {
            listen: { host: '127.0.0.1', port },
            accept: ({ incarnation }) =>
              incarnation > 1 ? undefined : { code: 'USED_INCARNATION', text: 'it was here' },
          },
          { clusterId },
        );
        return undefined;
      },
    },
    { clusterId, joining: true },
  );
  const peers = new Map([
    [1, address],
    [2, beginner.address],
  ]);
  const { incarnation, welcome } = await introduce(newcomer(peers), 10_000);
  await knowing;
  expect(incarnation).toBe(2);
  expect(welcome?.joining).toBe(false);
});

test('beginners that have all heard of each other do not wait for anybody', async () => {
  const one = await listen(1, {}, { clusterId, joining: true });
  const two = await listen(2, {}, { clusterId, joining: true });
  const peers = new Map([
    [1, one.address],
    [2, two.address],
  ]);
  const before = performance.now();
  const { incarnation } = await introduce(newcomer(peers), 20_000);
  expect(incarnation).toBe(1);
  expect(performance.now() - before).toBeLessThan(10_000);
});

test('a beginner is enough where nobody else is heard for the usual time', async () => {
  const two = await listen(2, {}, { clusterId, joining: true });
  const gone = await TransportNode.open(1);
  const address = gone.address;
  await gone.transport.close();
  const peers = new Map([
    [1, address],
    [2, two.address],
  ]);
  const { incarnation, welcome } = await introduce(newcomer(peers), 300);
  expect(incarnation).toBe(1);
  expect(welcome?.nodeId).toBe(2);
});
