import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { elapse } from '../../harness/elapse.ts';
import { eventually } from '../../harness/eventually.ts';
import { NodeGroup } from '../../harness/node-group.ts';
import { Store } from '../../src/store/store.ts';

let group: NodeGroup | undefined;

afterEach(async () => {
  await group?.stop();
});

/** Under which name the node writes into its folder; undefined as long as it has none. */
function incarnationOf(of: NodeGroup, id: number): number | undefined {
  return Store.findIdentity(of.place(id).folder)?.incarnation;
}

/** Waits until a node votes in every partition, as all members do. */
async function votes(of: NodeGroup, id: number, members: string): Promise<void> {
  await eventually(`node ${id} votes`, 20_000, async () => {
    const { stdout } = await of.operate(id, 'status');
    const rows = stdout.split('\n').filter((line) => /^\d+ /.test(line) && line.endsWith(members));
    return rows.length >= of.partitionCount + 1 ? true : undefined;
  });
}

test('a peer that was cut off does not give an incarnation away a second time', async () => {
  const five = await NodeGroup.start({ nodeCount: 5, partitionCount: 1 });
  group = five;
  const begin = async (id: number) => await five.start(id, five.firstFlags(id));
  five.server(4).signal('SIGSTOP');
  await five.end(5, 'SIGKILL');
  await rm(five.place(5).folder, { recursive: true });
  await begin(5);
  await votes(five, 5, ' 1/2/3/4/5');
  expect(incarnationOf(five, 5)).toBe(2);
  // Now those that know are gone, and the one that knows no second life of node 5 is back.
  for (const id of [1, 2, 3, 5]) await five.end(id, 'SIGKILL');
  await rm(five.place(5).folder, { recursive: true });
  five.server(4).signal('SIGCONT');
  const back = begin(5);
  await elapse(5_000);
  expect(incarnationOf(five, 5)).toBeUndefined();
  await Promise.all([1, 2, 3].map((id) => five.start(id)));
  // Node 4 alone, and a node that has not caught up yet, can only have it wait.
  expect((await back).output).toMatch(/waiting to be let in/);
  expect(incarnationOf(five, 5)).toBe(3);
  await votes(five, 5, ' 1/2/3/4/5');
}, 120_000);

test('a founder that comes when the cluster has begun gets a name of its own', async () => {
  const three = await NodeGroup.choose({ nodeCount: 3, partitionCount: 1 });
  group = three;
  await Promise.all([1, 2].map((id) => three.start(id)));
  await three.leaders();
  await eventually('the founders are on record', 10_000, () =>
    [1, 2].some((id) => isUnconfirmed(three, id)) ? undefined : true,
  );
  await three.start(3);
  expect(incarnationOf(three, 3)).toBe(2);
  await votes(three, 3, ' 1/2/3');
  await three.end(1, 'SIGKILL');
  await three.leaders();
  expect(await three.ask(3, 'SET', 'late', 'founder', 'NX', 'PX', '1000')).toBe('OK');
});

test('a cluster that is begun anew with the same flags takes no node of the old one', async () => {
  const three = await NodeGroup.start({ nodeCount: 3, partitionCount: 1 });
  group = three;
  const name = (id: number): boolean =>
    existsSync(join(three.place(id).folder, 'cluster-founding'));
  await eventually('the cluster has a name', 10_000, () => (name(3) ? true : undefined));
  expect(await three.ask(1, 'KLOCK', 'lock', 'old', '600000')).toBe(1);
  three.server(3).signal('SIGSTOP');
  for (const id of [1, 2]) {
    await three.end(id, 'SIGKILL');
    await rm(three.place(id).folder, { recursive: true });
  }
  await Promise.all([1, 2].map((id) => three.start(id, three.firstFlags(id))));
  await eventually('the new cluster has a name', 20_000, () =>
    name(1) && name(2) ? true : undefined,
  );
  expect(await three.ask(1, 'KLOCK', 'lock', 'new', '600000')).toBe(1);
  three.server(3).signal('SIGCONT');
  expect(await three.server(3).ended()).toMatchObject({ code: 1 });
  expect(three.server(3).output).toMatch(/the cluster was begun anew/);
  const again = await three.startToEnd(three.place(3));
  expect(again.stderr + again.stdout).toMatch(/the cluster was begun anew/);
  expect(await three.ask(2, 'KLOCK', 'lock', 'new', '600000')).toBe(1);
  // Without that folder it is welcome.
  await rm(three.place(3).folder, { recursive: true });
  await three.start(3, three.firstFlags(3));
  await votes(three, 1, ' 1/2/3');
}, 120_000);

/** Whether the node has not seen yet who the members of its cluster are. */
function isUnconfirmed(of: NodeGroup, id: number): boolean {
  return existsSync(join(of.place(id).folder, 'cluster-unconfirmed'));
}

/**
 * Two of three founders, of which the first leader is lost before it wrote down who they are. That
 * takes up to a second, so a try may come too late; then there are others.
 */
async function lostBeforeTheRecord(): Promise<{ three: NodeGroup; left: number }> {
  for (let attempt = 1; attempt <= 8; attempt += 1) {
    const three = await NodeGroup.choose({ nodeCount: 3, partitionCount: 1 });
    group = three;
    await Promise.all([1, 2].map((id) => three.start(id)));
    const leader = await eventually('there is a leader', 10_000, async () => {
      const [meta] = await three.lines(1);
      return meta?.leader === 0 ? undefined : meta?.leader;
    });
    await three.end(leader, 'SIGKILL');
    const left = 3 - leader;
    if (isUnconfirmed(three, left)) return { three, left };
    await three.stop();
  }
  throw new Error('the members were on record too soon, each time');
}

test('a majority begins without the founder that was lost before there was a record', async () => {
  const { three, left } = await lostBeforeTheRecord();
  await three.start(3);
  await three.leaders();
  expect(await three.ask(left, 'SET', 'began', 'anyway', 'NX', 'PX', '1000')).toBe('OK');
  expect(incarnationOf(three, 3)).toBe(1);
  await votes(three, left, ' 1/2/3');
});
