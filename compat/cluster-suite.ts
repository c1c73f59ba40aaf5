import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { NodeGroup } from '../harness/node-group.ts';
import { partitionOfSlot, slotOf } from '../src/keyspace/slot.ts';
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

/** @param args more flags for every node */
export function describeClusterClient(client: LockClient, args: readonly string[] = []): void {
  describe.skipIf(targetKind !== 'fencepost')(`${client.name} ${client.version}`, () => {
    let started: NodeGroup | undefined;
    let observer: LockObserver | undefined;

    beforeAll(async () => {
      started = await NodeGroup.start({ partitionCount, args });
      // A WATCH ends with the leadership that it was given under, and its EXEC does nothing.
      await spreadLeaders(started);
      observer = await openObserver(started.server(2));
    });

    afterAll(async () => {
      await observer?.close();
      await started?.stop();
    });

    function group(): NodeGroup {
      if (started === undefined) throw new Error('the cluster has not started');
      return started;
    }

    function context(): ContractContext {
      if (observer === undefined) throw new Error('the observer has not connected');
      return { client, endpoint: group().server(1), observer };
    }

    for (const check of contractOf(client)) {
      test(check.name, () =>
        group()
          .server(1)
          .whileServing(() => check.run(context())),
      );
    }

    for (const { name, run } of clusterUses) {
      test(name, () => run({ ...context(), group: group() }));
    }
  });
}

interface ClusterContext extends ContractContext {
  readonly group: NodeGroup;
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
  const { client, endpoint, group } = context;
  for (let tries = 1; ; tries += 1) {
    const leaders = await spreadLeaders(group);
    const names = newNames();
    const session = await client.open(endpoint);
    const before = await setCounts(group);
    for (const name of names) await takeAndRelease(session, name);
    const after = await setCounts(group);
    await session.close();
    const moved = String(await group.leaders()) !== String(leaders);
    if (moved && tries < routingTriesMax) continue;
    const wanted = group.running.map(
      (id) => names.filter((name) => leaderOf(leaders, name) === id).length,
    );
    expect(after.map((count, at) => count - (before[at] ?? 0))).toEqual(wanted);
    expect(Math.max(...wanted)).toBeLessThan(names.length);
    return;
  }
}

/** One node may win all elections of a start; some seconds later every node leads some. */
async function spreadLeaders(group: NodeGroup): Promise<readonly number[]> {
  const deadlineMs = performance.now() + recoveryMsMax;
  for (;;) {
    const leaders = await group.leaders();
    const [, ...ofData] = leaders;
    const counts = group.running.map((id) => ofData.filter((leader) => leader === id).length);
    const isEven = Math.max(...counts) - Math.min(...counts) <= 1;
    if (isEven || performance.now() > deadlineMs) return leaders;
    await delay(retryMs);
  }
}

async function survivesTransfers(context: ClusterContext): Promise<void> {
  const { client, endpoint, group, observer } = context;
  const session = await client.open(endpoint);
  await takeAndRelease(session, `compat:${randomUUID()}`);
  for (const nodeId of ['3', '1', '2']) {
    await observer.call('FENCEPOST', 'TRANSFER', 'ALL', nodeId);
    for (const name of newNames()) await takeAndRelease(session, name);
  }
  await session.close();
  for (const id of group.running) {
    expect(await group.ask(id, 'INFO', 'errorstats')).not.toMatch(
      /errorstat_(MOVED|ASK|CLUSTERDOWN)/,
    );
  }
}

async function survivesDeath(context: ClusterContext): Promise<void> {
  const { client, endpoint, group, observer } = context;
  const session = await client.open(endpoint);
  await observer.call('FENCEPOST', 'TRANSFER', 'ALL', '3');
  const names = newNames();
  for (const name of names) await takeAndRelease(session, name);
  await group.end(3, 'SIGKILL');
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
async function setCounts(group: NodeGroup): Promise<readonly number[]> {
  const replies = await Promise.all(
    group.running.map((id) => group.ask(id, 'INFO', 'commandstats')),
  );
  return replies.map((text) => Number(/^cmdstat_set:calls=(\d+)/m.exec(String(text))?.[1] ?? 0));
}
