import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { partitionOfSlot, slotOf } from '../src/keyspace/slot.ts';
import {
  ask,
  type ClusterProcess,
  clusterIsMissing,
  startCluster,
} from '../test/harness/cluster-process.ts';
import type { ServerProcess } from '../test/harness/server-process.ts';
import { type ContractContext, contractOf } from './contract.ts';
import type { LockClient, LockSession } from './lock-client.ts';
import { type LockObserver, openObserver } from './lock-observer.ts';
import { targetKind } from './target.ts';

/*
 * The tests of a client in its cluster mode, against three nodes: the shared contract, with an
 * observer on another node than the one that the client was given; and what a cluster adds, that
 * commands go straight to the leaders, that an old map of slots works, and that the death of a
 * node ends nothing.
 */

const partitionCount = 8;
const nameCount = 48;
const longTtlMs = 30_000;
/** For the election, and for the client to look at the map again. */
const recoveryMsMax = 20_000;
const retryMs = 50;
const routingTriesMax = 10;

export function describeClusterClient(client: LockClient, args: readonly string[] = []): void {
  const missing = clusterIsMissing || targetKind !== 'fencepost';
  describe.skipIf(missing)(`${client.name} ${client.version}`, () => {
    let cluster: ClusterProcess | undefined;
    let observer: LockObserver | undefined;

    beforeAll(async () => {
      cluster = await startCluster({ partitionCount, args });
      observer = await openObserver(nodeAt(1));
    });

    afterAll(async () => {
      await observer?.close();
      await cluster?.stop();
    });

    function running(): ClusterProcess {
      if (cluster === undefined) throw new Error('the cluster has not started');
      return cluster;
    }

    function nodeAt(at: number): ServerProcess {
      const node = running().nodes[at];
      if (node === undefined) throw new Error(`there is no node ${at + 1}`);
      return node;
    }

    function context(): ContractContext {
      if (observer === undefined) throw new Error('the observer has not connected');
      return { client, endpoint: nodeAt(0), observer };
    }

    for (const check of contractOf(client)) {
      test(check.name, () => nodeAt(0).whileServing(() => check.run(context())));
    }

    for (const { name, run } of clusterUses) {
      test(name, () => run({ ...context(), cluster: running() }));
    }
  });
}

interface ClusterContext extends ContractContext {
  readonly cluster: ClusterProcess;
}

interface ClusterUse {
  readonly name: string;
  run(context: ClusterContext): Promise<void>;
}

/** In their order: the last one leaves two nodes. */
const clusterUses: readonly ClusterUse[] = [
  { name: 'each command goes straight to the leader of its partition', run: routesDirectly },
  { name: 'a map that is out of date still works', run: survivesTransfers },
  { name: 'a client goes on when the leaders of its locks die', run: survivesDeath },
];

/** Leaders may move of themselves, to spread evenly; a run during which they did is repeated. */
async function routesDirectly(context: ClusterContext): Promise<void> {
  const { client, endpoint, cluster } = context;
  for (let tries = 1; ; tries += 1) {
    const leaders = await spreadLeaders(cluster);
    const names = newNames();
    const session = await client.open(endpoint);
    const before = await setCounts(cluster.nodes);
    for (const name of names) await takeAndRelease(session, name);
    const after = await setCounts(cluster.nodes);
    await session.close();
    const moved = String(await cluster.leaders()) !== String(leaders);
    if (moved && tries < routingTriesMax) continue;
    const wanted = cluster.nodes.map(
      (_node, at) => names.filter((name) => leaderOf(leaders, name) === at + 1).length,
    );
    expect(after.map((count, at) => count - (before[at] ?? 0))).toEqual(wanted);
    expect(Math.max(...wanted)).toBeLessThan(names.length);
    return;
  }
}

/** One node may win all elections of a start; some seconds later every node leads some. */
async function spreadLeaders(cluster: ClusterProcess): Promise<readonly number[]> {
  const deadlineMs = performance.now() + recoveryMsMax;
  for (;;) {
    const leaders = await cluster.leaders();
    const [, ...ofData] = leaders;
    if (new Set(ofData).size > 1 || performance.now() > deadlineMs) return leaders;
    await delay(retryMs);
  }
}

async function survivesTransfers(context: ClusterContext): Promise<void> {
  const { client, endpoint, cluster, observer } = context;
  const session = await client.open(endpoint);
  await takeAndRelease(session, `compat:${randomUUID()}`);
  for (const nodeId of ['3', '1', '2']) {
    await observer.call('FENCEPOST', 'TRANSFER', 'ALL', nodeId);
    for (const name of newNames()) await takeAndRelease(session, name);
  }
  await session.close();
  for (const { port } of cluster.nodes) {
    expect(await ask(port, 'INFO errorstats')).not.toMatch(/errorstat_(MOVED|ASK|CLUSTERDOWN)/);
  }
}

async function survivesDeath(context: ClusterContext): Promise<void> {
  const { client, endpoint, cluster, observer } = context;
  const session = await client.open(endpoint);
  await observer.call('FENCEPOST', 'TRANSFER', 'ALL', '3');
  const names = newNames();
  for (const name of names) await takeAndRelease(session, name);
  cluster.nodes[2]?.signal('SIGKILL');
  const deadlineMs = performance.now() + recoveryMsMax;
  for (const name of names) await takeInTime(session, name, deadlineMs);
  await session.close();
}

function newNames(): readonly string[] {
  return Array.from({ length: nameCount }, () => `compat:${randomUUID()}`);
}

function leaderOf(leaders: readonly number[], name: string): number {
  return leaders[partitionOfSlot(slotOf(name), partitionCount)] ?? 0;
}

async function takeAndRelease(session: LockSession, name: string): Promise<void> {
  const held = await session.tryAcquire(name, longTtlMs);
  if (held === undefined) throw new Error(`${name} is free and was refused`);
  expect(await held.release()).not.toBe(false);
}

/** An error says that the outcome is unknown, so another name of the same slot is tried. */
async function takeInTime(session: LockSession, name: string, deadlineMs: number): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    try {
      const held = await session.tryAcquire(`{${name}}:${tries}`, longTtlMs);
      expect(held).toBeDefined();
      return;
    } catch (failure) {
      if (performance.now() > deadlineMs) throw failure;
      await delay(retryMs);
    }
  }
}

/** How many SETs clients have sent to each node; what nodes forward is not counted. */
async function setCounts(nodes: readonly ServerProcess[]): Promise<readonly number[]> {
  const texts = await Promise.all(nodes.map(({ port }) => ask(port, 'INFO commandstats')));
  return texts.map((text) => Number(/^cmdstat_set:calls=(\d+)/m.exec(text)?.[1] ?? 0));
}
