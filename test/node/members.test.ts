import { expect, test } from 'vitest';
import { limits } from '../../src/base/limits.ts';
import { Base } from '../../src/keyspace/base.ts';
import { Keyspace } from '../../src/keyspace/keyspace.ts';
import { NEVER } from '../../src/keyspace/lease.ts';
import { Administration } from '../../src/node/administration.ts';
import { Cluster } from '../../src/node/cluster.ts';
import type { ClusterSurroundings } from '../../src/node/cluster-surroundings.ts';
import { memberDb, memberKey, membersOf, memberValue } from '../../src/node/members.ts';
import { timing } from '../../src/node/timing.ts';
import type { Partition } from '../../src/partition/partition.ts';
import { NOBODY, nodeOf, type ReplicaId, replicaOf } from '../../src/raft/types.ts';
import { OK, type Reply } from '../../src/resp/reply.ts';
import { type PeerHello, protocolVersion } from '../../src/transport/peer-hello.ts';

function recordOf(nodeIds: readonly number[]) {
  const base = new Base(limits.databaseCount);
  const keyspace = new Keyspace(base, { leaseGuardPercent: 1 });
  let index = 0;
  const commit = (): void => {
    index += 1;
    keyspace.seal(index);
    keyspace.commit(index, 0);
  };
  for (const nodeId of nodeIds) {
    const value = memberValue({ role: 'voter', incarnation: 1, address: `host${nodeId}:1` });
    keyspace.put(memberDb, memberKey(nodeId), value, NEVER);
  }
  commit();
  return { base, keyspace, commit };
}

interface Clock {
  readonly nowMs: number;
  /** When every peer was heard last; now, if it is not said. */
  readonly heardMs?: number;
}

let nameCount = 0;

function clusterOf(
  partitions: readonly Partition[],
  clock: Clock = { nowMs: 0 },
  foundings: string[] = [],
  more: Partial<ClusterSurroundings> = {},
): Cluster {
  return new Cluster({
    clusterId: 'c0'.repeat(16),
    nodeId: 1,
    incarnation: 1,
    partitions,
    peers: new Map([[1, 'host1:1']]),
    foundingId: '',
    newFoundingId: () => {
      nameCount += 1;
      return `name ${nameCount}`;
    },
    onFounding: (foundingId) => void foundings.push(foundingId),
    clientAddress: () => '',
    joining: false,
    established: true,
    onRecord: () => undefined,
    monotonicMs: () => clock.nowMs,
    lastHeardMs: () => clock.heardMs ?? clock.nowMs,
    sendControl: () => undefined,
    onPeers: () => undefined,
    onProgress: () => undefined,
    log: () => undefined,
    ...more,
  });
}

function hello(nodeId: number, incarnation: number): PeerHello {
  const who = { clusterId: 'c0'.repeat(16), foundingId: '', nodeId, incarnation, protocolVersion };
  return { ...who, partitionCount: 1, peers: [], clientAddress: '', joining: false };
}

/** A node that leads the meta group, as far as wishes about members see it. */
function leaderOfMeta(memberCount: number) {
  const ids = Array.from({ length: memberCount }, (_, at) => at + 1);
  const { base, keyspace, commit } = recordOf(ids);
  const configuration = { voters: [], outgoing: [], learners: [] };
  // `as`: wishes about members ask no more than this of a group.
  const raft = { self: replicaOf(1, 1), configuration, lastIndex: 1, progress: () => [] };
  const proposeConfiguration = () => undefined;
  const meta = { id: 0, ready: true, keyspace, raft, proposeConfiguration };
  const partitions = [meta as unknown as Partition];
  const foundings: string[] = [];
  const cluster = clusterOf(partitions, { nowMs: 0 }, foundings);
  const administration = new Administration({ cluster, partitions, monotonicMs: () => 0 });
  const roleOf = (nodeId: number) => membersOf(base).find((one) => one.nodeId === nodeId)?.role;
  const addressOf = (nodeId: number) =>
    membersOf(base).find((one) => one.nodeId === nodeId)?.address;
  return { cluster, administration, commit, roleOf, addressOf, foundings };
}

test('the first leader names the cluster, for good, and every node tells that it knows', () => {
  const [first, second] = [leaderOfMeta(3), leaderOfMeta(3)];
  expect(first.cluster.hello().foundingId).toBe('');
  first.cluster.maintain();
  first.commit();
  first.cluster.maintain();
  first.cluster.maintain();
  const name = first.cluster.hello().foundingId;
  expect(name).toMatch(/^name \d+$/);
  expect(first.foundings).toEqual([name]);
  second.cluster.maintain();
  second.commit();
  second.cluster.maintain();
  expect(second.cluster.hello().foundingId).not.toBe(name);
});

test('adding a node that votes already takes no vote away', () => {
  const { administration, commit, roleOf } = leaderOfMeta(3);
  administration.begin({ kind: 'add', nodeId: 2, address: 'host2:1' }, () => undefined);
  commit();
  expect(roleOf(2)).toBe('voter');
});

test('a member that is heard is given no other address, whoever asks for that', () => {
  const { administration, cluster, commit, addressOf } = leaderOfMeta(3);
  const replies: Reply[] = [];
  const move = { nodeId: 2, address: 'mistyped:9' } as const;
  administration.begin({ kind: 'add', ...move }, (reply) => replies.push(reply));
  cluster.setMember({ kind: 'member', role: 'learner', ...move });
  commit();
  const text = 'ERR node 2 is a member already, and answers at host2:1';
  expect(replies).toMatchObject([{ kind: 'error', text }]);
  expect(addressOf(2)).toBe('host2:1');
});

test('of two voters that are left only one can be removed, however fast both are asked', () => {
  const { cluster, commit, roleOf } = leaderOfMeta(2);
  cluster.setMember({ kind: 'member', nodeId: 1, role: 'removed', address: '' });
  cluster.setMember({ kind: 'member', nodeId: 2, role: 'removed', address: '' });
  commit();
  expect([1, 2].map(roleOf)).toEqual(['removed', 'voter']);
});

test('adding a node is answered once it is on record, at the address that was asked for', () => {
  const { base, keyspace, commit } = recordOf([1, 2, 3]);
  const voters = [1, 2, 3].map((nodeId) => replicaOf(nodeId, 1));
  const configuration = { voters, outgoing: [], learners: [] };
  // `as`: whether a change has come true asks no more than this of a group.
  const raft = { leader: voters[0], lastTerm: 1, term: 1, configuration };
  const partitions = [{ id: 0, ready: true, keyspace, raft } as unknown as Partition];
  // Node 2 is down, and to be started somewhere else.
  const cluster = clusterOf(partitions, { nowMs: 2 * timing.silentMs, heardMs: 0 });
  const administration = new Administration({ cluster, partitions, monotonicMs: () => 0 });
  const replies: Reply[] = [];
  const answer = (reply: Reply): void => void replies.push(reply);
  cluster.setMember({ kind: 'member', nodeId: 3, role: 'removed', address: '' });
  commit();
  // The groups have not let go of node 3 yet, and of node 2 only the address is another.
  administration.begin({ kind: 'add', nodeId: 3, address: 'host3:1' }, answer);
  administration.begin({ kind: 'add', nodeId: 2, address: 'host2:9' }, answer);
  expect(replies).toEqual([]);
  commit();
  administration.tick();
  expect(replies).toEqual([OK, OK]);
  expect(membersOf(base).map(({ address }) => address)).toEqual(['host1:1', 'host2:9', 'host3:1']);
});

/** Node 1 leads this partition, and none before it; both others have been reachable for long. */
function leaderOfOne(id: number) {
  const clock = { nowMs: 0 };
  const { keyspace } = recordOf([1, 2, 3]);
  const voters = [1, 2, 3].map((nodeId) => replicaOf(nodeId, 1));
  const configuration = { voters, outgoing: [], learners: [] };
  const progress = voters.slice(1).map((each) => {
    return { id: each, state: 'replicate', isActive: true };
  });
  const targets: number[] = [];
  const raft = {
    ...{ self: voters[0], leader: voters[0], configuration, progress: () => progress },
    transferLeadership: (to: ReplicaId) => targets.push(nodeOf(to)),
  };
  // `as`: to hand a group over asks no more than this of it.
  const other = { id: 0, ready: false, keyspace, raft };
  const led = { id, ready: true, keyspace, raft, proposeConfiguration: () => undefined };
  const partitions = [...Array(id).fill(other), led] as unknown as Partition[];
  const cluster = clusterOf(partitions, clock);
  for (const nodeId of [2, 3]) cluster.linkUp(hello(nodeId, 1));
  clock.nowMs = timing.steadyMs;
  return { cluster, partitions, targets };
}

test('a group is handed to whom an operator chose once, and not again when it comes back', () => {
  // By its number it belongs to node 1.
  const { cluster, targets } = leaderOfOne(3);
  cluster.transfer(3, 2);
  // It did not come about, and then it did: the group is back here later.
  for (let look = 0; look < 3; look += 1) cluster.maintain();
  expect(targets).toEqual([2, 2]);
});

test('an operator who wants a leader to stay where it is has said so', () => {
  // By its number it belongs to node 2.
  const { cluster, partitions, targets } = leaderOfOne(1);
  const administration = new Administration({ cluster, partitions, monotonicMs: () => 0 });
  const replies: Reply[] = [];
  const stay = { kind: 'transfer', partition: 1, nodeId: 1 } as const;
  administration.begin(stay, (reply) => replies.push(reply));
  cluster.maintain();
  expect([replies, targets]).toEqual([[OK], []]);
});

test('a caller is dialled only while nobody is heard whom the node knows', () => {
  const clock = { nowMs: 0, heardMs: 0 };
  const { keyspace } = recordOf([1, 2, 3]);
  const voters = [1, 2, 3].map((nodeId) => replicaOf(nodeId, 1));
  const configuration = { voters, outgoing: [], learners: [] };
  const raft = { self: voters[0], leader: voters[1], configuration, lastIndex: 1 };
  // `as`: to follow the record asks no more than this of a group.
  const meta = { id: 0, ready: false, keyspace, raft, appliedIndex: 1 } as unknown as Partition;
  const cluster = clusterOf([meta], clock);
  const peers = [{ nodeId: 7, address: 'host7:1' }];
  cluster.called({ ...hello(7, 1), peers });
  cluster.maintain();
  expect([...cluster.peers.keys()]).toEqual([1, 2, 3]);
  clock.nowMs = 2 * timing.silentMs;
  for (const _ of [1, 2]) {
    cluster.maintain();
    expect([...cluster.peers.keys()]).toEqual([1, 2, 3, 7]);
  }
  clock.heardMs = clock.nowMs;
  cluster.maintain();
  expect([...cluster.peers.keys()]).toEqual([1, 2, 3]);
});

test('who was let in and has no record yet dials its callers once nobody else is heard', () => {
  const clock = { nowMs: 2 * timing.silentMs, heardMs: 0 };
  const others = [2, 3].map((nodeId) => replicaOf(nodeId, 1));
  const peersWith = (voters: readonly number[]): readonly number[] => {
    const { keyspace } = recordOf([]);
    const configuration = { voters, outgoing: [], learners: [] };
    const raft = { self: replicaOf(1, 1), leader: NOBODY, configuration, lastIndex: 1 };
    // `as`: to follow the record asks no more than this of a group.
    const meta = { id: 0, ready: false, keyspace, raft, appliedIndex: 0 } as unknown as Partition;
    const peers = new Map([1, 2, 3].map((nodeId) => [nodeId, `host${nodeId}:1`]));
    const cluster = clusterOf([meta], clock, [], { peers, established: false });
    cluster.called({ ...hello(7, 1), peers: [{ nodeId: 7, address: 'host7:1' }] });
    cluster.maintain();
    return [...cluster.peers.keys()];
  };
  expect(peersWith(others)).toContain(7);
  // A founder's log may be its own, and the caller of an earlier cluster of the same name.
  expect(peersWith([replicaOf(1, 1), ...others])).not.toContain(7);
});

test('a leader that sleeps wakes when a learner is lost, as for a voter', () => {
  const { keyspace } = recordOf([1, 2, 3]);
  const voters = [1, 2, 3].map((nodeId) => replicaOf(nodeId, 1));
  const woken: number[] = [];
  const raft = {
    ...{ self: voters[0], leader: voters[0], role: 'leader', quiesced: true, lastIndex: 1 },
    configuration: { voters, outgoing: [], learners: [replicaOf(4, 1)] },
    wake: (silentTicks: number) => woken.push(silentTicks),
  };
  // `as`: nothing else is asked of a group when a link is lost.
  const cluster = clusterOf([{ id: 0, ready: false, keyspace, raft } as unknown as Partition]);
  cluster.linkDown(9, 'incoming');
  expect(woken).toEqual([]);
  cluster.linkDown(4, 'dialled');
  expect(woken).toEqual([0]);
});

test('a promotion that is asked for once more does not bring back who was removed', () => {
  const { cluster, commit, roleOf } = leaderOfMeta(3);
  cluster.setMember({ kind: 'member', nodeId: 3, role: 'removed', address: '' });
  commit();
  cluster.setMember({ kind: 'member', nodeId: 3, role: 'voter', address: '' });
  commit();
  expect(roleOf(3)).toBe('removed');
  cluster.setMember({ kind: 'member', nodeId: 3, role: 'learner', address: '' });
  commit();
  expect(roleOf(3)).toBe('learner');
});

test('no more nodes are added than their introductions can name', () => {
  const { administration, cluster, commit, roleOf } = leaderOfMeta(limits.peerCountMax);
  const replies: Reply[] = [];
  const add = { kind: 'add', nodeId: 99, address: 'host99:1' } as const;
  administration.begin(add, (reply) => replies.push(reply));
  expect(replies).toMatchObject([{ kind: 'error', text: 'ERR a cluster has at most 64 nodes' }]);
  cluster.setMember({ kind: 'member', nodeId: 99, role: 'learner', address: 'host99:1' });
  commit();
  expect(roleOf(99)).toBeUndefined();
});

test('a replica becomes a member under an incarnation that is on record, not before', () => {
  const { base, keyspace, commit } = recordOf([1, 2, 3]);
  const proposed: unknown[] = [];
  const voters = [1, 2, 3].map((nodeId) => replicaOf(nodeId, 1));
  const configuration = { voters, outgoing: [], learners: [] };
  const follower = { state: 'replicate', isActive: true, isLearner: false, matchIndex: 9 };
  const progress = voters.slice(1).map((id) => ({ ...follower, id, nextIndex: 10 }));
  const raft = {
    self: voters[0],
    leader: voters[0],
    configuration,
    lastIndex: 9,
    progress: () => progress,
  };
  const meta = { id: 0, ready: false, keyspace, raft };
  const group = {
    ...{ id: 1, ready: true, keyspace, raft },
    proposeConfiguration: (next: unknown) => void proposed.push(next),
  };
  // `as`: to look after members asks no more than this of a group.
  const partitions = [meta, group].map((each) => each as unknown as Partition);
  const cluster = clusterOf(partitions);
  cluster.linkUp(hello(3, 2));
  cluster.maintain();
  expect(proposed).toEqual([]);
  const value = memberValue({ role: 'voter', incarnation: 2, address: 'host3:1' });
  keyspace.put(memberDb, memberKey(3), value, NEVER);
  commit();
  expect(membersOf(base)[2]?.incarnation).toBe(2);
  cluster.maintain();
  expect(proposed).toEqual([{ voters, learners: [replicaOf(3, 2)] }]);
});

test('a node that is added before the founders are on record has to ask again', () => {
  const { cluster, commit, roleOf } = leaderOfMeta(0);
  const add = { kind: 'member', nodeId: 4, role: 'learner', address: 'host4:1' } as const;
  cluster.setMember(add);
  commit();
  expect(roleOf(4)).toBeUndefined();
  cluster.maintain();
  commit();
  cluster.setMember(add);
  commit();
  expect(roleOf(1)).toBe('voter');
  expect(roleOf(4)).toBe('learner');
});

test('what was heard of a node does not take back what is on its way', () => {
  const { cluster, commit, roleOf } = leaderOfMeta(3);
  cluster.linkUp(hello(3, 2));
  cluster.setMember({ kind: 'member', nodeId: 3, role: 'removed', address: '' });
  cluster.maintain();
  commit();
  expect(roleOf(3)).toBe('removed');
});
