import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { Prng } from '../../src/base/prng.ts';
import { indexOf, termOf } from '../../src/raft/types.ts';
import { slotBytes } from '../../src/store/identity.ts';
import { Store } from '../../src/store/store.ts';
import { CrashDisk } from './crash-disk.ts';
import { append, appended, openStore, segmentPath } from './sample-log.ts';
import { temporaryFolder } from './temporary-folder.ts';

const clusterId = 'cd'.repeat(16);
const peers = new Map([
  [1, 'a:17379'],
  [2, 'b:17379'],
  [3, 'c:17379'],
]);
const create = { clusterId, nodeId: 2, incarnation: 4, peers, peerAddress: '0.0.0.0:17379' };
const checkpoint = {
  partition: 0,
  index: indexOf(2),
  term: termOf(1),
  timeMs: 1,
  meta: Buffer.alloc(0),
  changes: [[Buffer.from('k'), Buffer.from('v')] as const],
};

/** A node of a cluster with some log and some state. */
async function makeNode(folder: string): Promise<void> {
  const store = await openStore({ folder, create, mode: 'on-loop' });
  await appended(store, append({ first: 1, last: 5 }));
  await store.checkpoint(checkpoint);
  await store.close();
}

function damageLog(folder: string): void {
  const file = segmentPath(folder, 1);
  const bytes = fs.readFileSync(file);
  bytes[bytes.indexOf('payload 1')] = 0x51;
  fs.writeFileSync(file, bytes);
}

function damageIdentity(folder: string): void {
  const file = path.join(folder, 'identity');
  const bytes = fs.readFileSync(file);
  for (const start of [0, slotBytes]) bytes.fill(0xff, start + 8, start + 12);
  fs.writeFileSync(file, bytes);
}

describe('the identity of a node', () => {
  test('is what the first open says, incarnation and peers too, and is kept', async () => {
    const folder = temporaryFolder();
    expect(Store.findIdentity(folder)).toBeUndefined();
    const store = await openStore({ folder, create });
    expect(store.identity).toMatchObject(create);
    await store.close();
    const again = await openStore({ folder, create: { clusterId: 'ef'.repeat(16), nodeId: 9 } });
    expect(again.identity).toMatchObject(create);
    await again.close();
    expect(Store.findIdentity(folder)).toMatchObject(create);
  });

  test('takes in new peers for good, and keeps the address unless it is told another', async () => {
    const folder = temporaryFolder();
    const store = await openStore({ folder, create });
    const more = new Map([...peers, [4, 'd:17379'] as const]);
    await store.setPeers(more);
    expect(store.identity).toMatchObject({ peers: more, peerAddress: create.peerAddress });
    // Durable without a clean stop.
    expect(Store.findIdentity(folder)).toMatchObject({ peers: more });
    await store.setPeers(peers, 'host:1');
    await store.close();
    expect(Store.findIdentity(folder)).toMatchObject({ peers, peerAddress: 'host:1' });
  });

  test('has no peers while the node is alone', async () => {
    const store = await openStore({ folder: temporaryFolder() });
    expect(store.identity).toMatchObject({ peers: new Map(), peerAddress: '', incarnation: 1 });
    await store.close();
  });
});

describe('a damaged folder that is set aside', () => {
  test('is kept, and the node begins anew as a later incarnation', async () => {
    const folder = temporaryFolder();
    await makeNode(folder);
    damageLog(folder);
    const log = fs.readFileSync(segmentPath(folder, 1));
    fs.writeFileSync(path.join(folder, 'secret'), 'of somebody else');
    await expect(openStore({ folder })).rejects.toMatchObject({ code: 'DATA_DAMAGED' });
    const aside = Store.setAside(folder);
    expect(aside).toMatchObject({ folder: path.join(folder, 'damaged-1'), identity: create });
    expect(fs.readFileSync(segmentPath(aside.folder, 1)).equals(log)).toBe(true);
    expect(fs.readdirSync(aside.folder).sort()).toEqual(['identity', 'log', 'state']);
    expect(fs.readFileSync(path.join(folder, 'secret'), 'latin1')).toBe('of somebody else');
    const store = await openStore({ folder, create: { ...create, incarnation: 5 } });
    expect(store.identity).toMatchObject({ ...create, incarnation: 5, cuts: 0 });
    expect(store.recovered.size).toBe(0);
    await appended(store, append({ first: 1, last: 1 }));
    await store.close();
    const reopened = await openStore({ folder });
    expect(reopened.identity.incarnation).toBe(5);
    await reopened.close();
  });

  test('stays damaged until then, and can be set aside again', async () => {
    const folder = temporaryFolder();
    await makeNode(folder);
    damageLog(folder);
    Store.setAside(folder);
    await expect(openStore({ folder })).rejects.toMatchObject({ code: 'DATA_DAMAGED' });
    for (const incarnation of [1, 4]) {
      const old = openStore({ folder, create: { ...create, incarnation } });
      await expect(old).rejects.toMatchObject({ code: 'DATA_DAMAGED' });
    }
    const other = openStore({ folder, create: { ...create, nodeId: 3, incarnation: 5 } });
    await expect(other).rejects.toMatchObject({ code: 'DATA_DAMAGED' });
    expect(Store.setAside(folder).identity).toMatchObject(create);
    const store = await openStore({ folder, create: { ...create, incarnation: 5 } });
    await store.close();
  });

  test('is not begun anew while it holds a log, whatever incarnation is asked for', async () => {
    const folder = temporaryFolder();
    await makeNode(folder);
    damageLog(folder);
    const opened = openStore({ folder, create: { ...create, incarnation: 5 } });
    await expect(opened).rejects.toMatchObject({ code: 'DATA_DAMAGED' });
    expect(Store.findIdentity(folder)).toMatchObject(create);
  });

  test('tells who the node was by its log if the identity file cannot be read', async () => {
    const folder = temporaryFolder();
    await makeNode(folder);
    damageIdentity(folder);
    expect(() => Store.findIdentity(folder)).toThrow(/expected one of two slots/);
    const { identity } = Store.setAside(folder);
    expect(identity).toMatchObject({ clusterId, nodeId: 2, incarnation: 4, peers: new Map() });
    await expect(openStore({ folder })).rejects.toMatchObject({ code: 'DATA_DAMAGED' });
    const store = await openStore({ folder, create: { ...create, incarnation: 5 } });
    expect(store.identity.peers).toEqual(peers);
    await store.close();
  });

  test('is left alone if nothing tells who the node was', async () => {
    const folder = temporaryFolder();
    await makeNode(folder);
    damageIdentity(folder);
    fs.rmSync(path.join(folder, 'log'), { recursive: true });
    const before = fs.readdirSync(folder);
    expect(Store.setAside(folder)).toEqual({ folder, identity: undefined });
    expect(fs.readdirSync(folder)).toEqual(before);
  });

  test.each([damageLog, damageIdentity])(
    'never makes the node forget its incarnation, wherever it is interrupted (%o)',
    async (damage) => {
      for (let call = 1; ; call += 1) {
        const folder = temporaryFolder();
        await makeNode(folder);
        damage(folder);
        const disk = new CrashDisk(new Prng(call));
        disk.failCall = call;
        try {
          Store.setAside(folder, disk);
          expect(call).toBeGreaterThan(6);
          return;
        } catch (error) {
          expect(error).toMatchObject({ code: 'DISK_FAILED' });
        }
        disk.crash();
        await expect(openStore({ folder })).rejects.toMatchObject({ code: 'DATA_DAMAGED' });
        expect(Store.setAside(folder).identity).toMatchObject({ nodeId: 2, incarnation: 4 });
        const store = await openStore({ folder, create: { ...create, incarnation: 5 } });
        await store.close();
      }
    },
    60_000,
  );
});
