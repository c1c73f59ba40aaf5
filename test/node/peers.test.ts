import { afterEach, expect, test } from 'vitest';
import { limits } from '../../src/base/limits.ts';
import { encodeEffects } from '../../src/keyspace/effect-codec.ts';
import type { Cluster } from '../../src/node/cluster.ts';
import type { Engine } from '../../src/node/engine.ts';
import { Peers } from '../../src/node/peers.ts';
import { encodeSnapshotPart, type SnapshotPart } from '../../src/node/snapshot-part.ts';
import { ForeignEffects } from '../../src/partition/foreign-effects.ts';
import type { Partition } from '../../src/partition/partition.ts';
import type { Router } from '../../src/partition/router.ts';
import type { Message } from '../../src/raft/message.ts';
import { type Entry, indexOf, replicaOf, termOf } from '../../src/raft/types.ts';
import type { RaftPacket } from '../../src/transport/packet.ts';
import { helloOf, secret, TransportNode } from '../transport/transport-node.ts';

const closing: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

/** The links of node 1, and a peer that may send it whatever it likes. */
async function linked() {
  const received: RaftPacket[] = [];
  const peer = await TransportNode.open(2);
  closing.push(() => peer.transport.close());
  const place = await TransportNode.open(1);
  const { address } = place;
  const { port } = place.transport.address;
  const foreign = new ForeignEffects(limits.databaseCount);
  // `as`: what comes in asks no more than this of a group.
  const partition = { admit: (entries: readonly Entry[]) => foreign.admit(entries) };
  await place.transport.close();
  const peers = new Peers({
    nodeId: 1,
    partitions: [partition as unknown as Partition],
    store: { openSnapshot: () => Promise.reject(), stageSnapshot: () => Promise.reject() },
    listen: { host: '127.0.0.1', port },
    secret,
    monotonicMs: () => 0,
    beginTurn: () => undefined,
    requestTurnEnd: () => undefined,
    log: () => undefined,
    onExpelled: () => undefined,
  });
  closing.push(() => peers.close());
  // `as`: messages of groups ask no more than this of the parts of a node.
  const cluster = {
    hello: () => helloOf(1),
    accept: () => undefined,
    linkUp: () => undefined,
    called: () => undefined,
    linkDown: () => undefined,
    peers: new Map([[2, peer.address]]),
  } as unknown as Cluster;
  const receive = (packet: RaftPacket): number => received.push(packet);
  const engine = { receive, endFrame: () => undefined } as unknown as Engine;
  const router = { linkDown: () => undefined } as unknown as Router;
  await peers.open({ cluster, engine, router });
  peer.transport.setPeers([{ nodeId: 1, address }]);
  await until(() => peer.transport.isUp(1));
  const send = (message: Message, from = replicaOf(2, 1)): void => {
    peer.transport.send(1, { kind: 'raft', partition: 0, from, to: replicaOf(1, 1), message });
    peer.transport.flush();
  };
  const sendPart = (part: SnapshotPart): void => {
    peer.transport.send(1, { kind: 'snapshot', body: encodeSnapshotPart(part) });
    peer.transport.flush();
  };
  return { peer, received, send, sendPart };
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setImmediate(resolve));
}

const term = termOf(1);
const heartbeatReply: Message = { kind: 'heartbeat-reply', term, readId: 0 };
const configuration = { voters: [replicaOf(1, 1)], outgoing: [], learners: [] };
const snapshot = { index: indexOf(9), term, timeMs: 0, configuration };

test('what a peer says about its own replicas arrives', async () => {
  const { received, send } = await linked();
  send(heartbeatReply);
  await until(() => received.length === 1);
});

test.each([
  ['that a state lies ready here', { kind: 'install-snapshot', term, session: 1, snapshot }, 2],
  ['anything in the name of a replica of this node', heartbeatReply, 1],
  ['anything in the name of a third node', heartbeatReply, 3],
] as const)('a peer that says %s loses its link, and nothing else happens', async (...given) => {
  const [, message, nodeId] = given;
  const { peer, received, send } = await linked();
  send(message, replicaOf(nodeId, 1));
  await until(() => peer.texts('link').includes('1 down'));
  expect(received).toEqual([]);
});

const flushOf = (db: number): Buffer => encodeEffects([{ kind: 'flush', db }]);

/** A leader's message with one entry. */
function appendOf(payload: Buffer): Message {
  const index = indexOf(1);
  const entry: Entry = { index, term, timeMs: 0, kind: 'effects', payload };
  const before = { previousIndex: indexOf(0), previousTerm: termOf(0), commitIndex: indexOf(0) };
  return { kind: 'append-entries', term, session: 1, ...before, entries: [entry] };
}

test('effects that can be applied arrive', async () => {
  const { received, send } = await linked();
  send(appendOf(flushOf(limits.databaseCount - 1)));
  await until(() => received.length === 1);
});

test.each([
  ['of an unknown format', Buffer.from([99])],
  ['of an unknown kind', Buffer.from([1, 99])],
  ['that end early', flushOf(0).subarray(0, 2)],
  ['in a database that does not exist', flushOf(limits.databaseCount)],
])('a peer that sends effects %s loses its link, and nothing else happens', async (_, payload) => {
  const { peer, received, send } = await linked();
  send(appendOf(payload));
  await until(() => peer.texts('link').includes('1 down'));
  expect(received).toEqual([]);
});

test('a peer that sends a state in the name of a third node loses its link', async () => {
  const { peer, sendPart } = await linked();
  const checkpoint = { index: indexOf(9), term, timeMs: 0, meta: Buffer.alloc(0) };
  const [from, to] = [replicaOf(3, 1), replicaOf(1, 1)];
  sendPart({ kind: 'begin', transfer: 1, partition: 0, from, to, term, session: 1, checkpoint });
  await until(() => peer.texts('link').includes('1 down'));
});
