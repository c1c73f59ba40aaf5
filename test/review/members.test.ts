import { expect, test } from 'vitest';
import { limits } from '../../src/base/limits.ts';
import { Base } from '../../src/keyspace/base.ts';
import { Keyspace } from '../../src/keyspace/keyspace.ts';
import { NEVER } from '../../src/keyspace/lease.ts';
import { Administration } from '../../src/node/administration.ts';
import { Cluster } from '../../src/node/cluster.ts';
import { memberDb, memberKey, membersOf, memberValue } from '../../src/node/members.ts';
import type { Partition } from '../../src/partition/partition.ts';
import type { Reply } from '../../src/resp/reply.ts';

/** A node that leads the meta group, as far as wishes about members see it. */
function leaderOfMeta(memberCount: number) {
  const base = new Base(limits.databaseCount);
  const keyspace = new Keyspace(base, { leaseGuardPercent: 1 });
  let index = 0;
  const commit = (): void => {
    index += 1;
    keyspace.seal(index);
    keyspace.commit(index, 0);
  };
  for (let nodeId = 1; nodeId <= memberCount; nodeId += 1) {
    const value = memberValue({ role: 'voter', incarnation: 1, address: `host${nodeId}:1` });
    keyspace.put(memberDb, memberKey(nodeId), value, NEVER);
  }
  commit();
  const configuration = { voters: [], outgoing: [], learners: [] };
  // `as`: wishes about members ask no more than this of a group.
  const meta = { id: 0, ready: true, keyspace, raft: { configuration, lastIndex: 1 } };
  const partitions = [meta as unknown as Partition];
  const cluster = new Cluster({
    clusterId: 'c0'.repeat(16),
    nodeId: 1,
    incarnation: 1,
    partitions,
    peers: new Map([[1, 'host1:1']]),
    clientAddress: () => '',
    joining: false,
    established: true,
    onRecord: () => undefined,
    monotonicMs: () => 0,
    lastHeardMs: () => 0,
    sendControl: () => undefined,
    onPeers: () => undefined,
    onProgress: () => undefined,
    log: () => undefined,
  });
  const administration = new Administration({ cluster, partitions, monotonicMs: () => 0 });
  const roleOf = (nodeId: number) => membersOf(base).find((one) => one.nodeId === nodeId)?.role;
  return { cluster, administration, commit, roleOf };
}

test('adding a node that votes already takes no vote away', () => {
  const { administration, commit, roleOf } = leaderOfMeta(3);
  administration.begin({ kind: 'add', nodeId: 2, address: 'host2:9' }, () => undefined);
  commit();
  expect(roleOf(2)).toBe('voter');
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
