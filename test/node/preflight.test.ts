import { afterEach, expect, test, vi } from 'vitest';
import { findClaim } from '../../src/node/claim.ts';
import { introduce, type PreflightOptions } from '../../src/node/preflight.ts';
import type { Refusal, TransportOptions } from '../../src/transport/transport-options.ts';
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
  const who = { nodeId: 3, clusterId, foundingId: '', incarnation: 1, partitionCount: 8 };
  return { ...who, peers, listen: listenAt, secret, log: () => undefined };
}

function usedAs(incarnation: number): Refusal {
  const text = `it was here as incarnation ${incarnation}, before`;
  return { code: 'USED_INCARNATION', text, usedIncarnation: incarnation };
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
            accept: ({ incarnation }) => (incarnation > 1 ? undefined : usedAs(1)),
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

test('peers are asked for the whole time, however long the check before it took', async () => {
  const knowing = await listen(
    1,
    { accept: ({ incarnation }) => (incarnation > 1 ? undefined : usedAs(1)) },
    { clusterId },
  );
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] });
  const checkAddresses = async (): Promise<void> => {
    vi.advanceTimersByTime(20_000);
    vi.useRealTimers();
  };
  const peers = new Map([[1, knowing.address]]);
  const asking = { ...newcomer(peers), keeps: true, checkAddresses };
  const { incarnation } = await introduce(asking, 10_000);
  expect(incarnation).toBe(2);
});

test('a founder that is asked to wait begins once the same peer lets it in', async () => {
  let asked = 0;
  // It followed a leader that was lost, and has given up waiting for the record meanwhile.
  const left = await listen(
    2,
    {
      accept: () => {
        asked += 1;
        return asked < 3 ? { code: 'NOT_READY', text: 'there is no leader' } : undefined;
      },
    },
    { clusterId },
  );
  const gone = await TransportNode.open(1);
  const peers = new Map([
    [1, gone.address],
    [2, left.address],
  ]);
  await gone.transport.close();
  const { incarnation } = await introduce(newcomer(peers), 100);
  expect(incarnation).toBe(1);
  expect(asked).toBe(3);
});

test('a peer that lets a founder in beside one that asks it to wait does not decide', async () => {
  let ready = false;
  const left = await listen(2, {}, { clusterId });
  const knowing = await listen(
    1,
    {
      accept: ({ incarnation }) => {
        if (!ready) return { code: 'NOT_READY', text: 'there is no leader' };
        return incarnation > 4 ? undefined : usedAs(4);
      },
    },
    { clusterId },
  );
  const peers = new Map([
    [1, knowing.address],
    [2, left.address],
  ]);
  const waits: object[] = [];
  const log: PreflightOptions['log'] = (level, message, details) => {
    if (level !== 'info' || message !== 'waiting to be let in') return;
    waits.push(details);
    ready = true;
  };
  const { incarnation, welcome } = await introduce({ ...newcomer(peers), log }, 300);
  expect(incarnation).toBe(5);
  expect(welcome?.clusterId).toBe(clusterId);
  expect(waits).toMatchObject([{ because: 'there is no leader' }]);
});

test('each attempt claims another name; one with a folder claims none', async () => {
  const shown: (string | undefined)[] = [];
  const founder = await listen(
    2,
    {
      accept: (hello) => {
        expect(hello.introduction).toBeDefined();
        shown.push(findClaim(hello));
        return undefined;
      },
    },
    { clusterId, joining: true },
  );
  const peers = new Map([[2, founder.address]]);
  await introduce(newcomer(peers), 10_000);
  await introduce(newcomer(peers), 10_000);
  await introduce({ ...newcomer(peers), keeps: true }, 10_000);
  expect(new Set(shown).size).toBe(3);
  expect(shown.at(-1)).toBeUndefined();
});

test('a founder with a folder is told at once that its name was used without it', async () => {
  const accept: TransportOptions['accept'] = ({ incarnation }) =>
    incarnation > 1 ? { code: 'NOT_GRANTED', text: 'it claims nothing' } : usedAs(1);
  const knowing = await listen(1, { accept }, { clusterId });
  const peers = new Map([[1, knowing.address]]);
  const { incarnation } = await introduce({ ...newcomer(peers), keeps: true }, 10_000);
  expect(incarnation).toBe(2);
});
