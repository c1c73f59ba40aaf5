import { describe, expect, test } from 'vitest';
import { limits } from '../../src/base/limits.ts';
import { Base } from '../../src/keyspace/base.ts';
import { Keyspace } from '../../src/keyspace/keyspace.ts';
import {
  findGrant,
  grantClaim,
  grantCountMax,
  newClaim,
  recordFounders,
} from '../../src/node/claim.ts';
import { Cluster } from '../../src/node/cluster.ts';
import { type ControlMessage, decodeControl } from '../../src/node/control-message.ts';
import { membersOf } from '../../src/node/members.ts';
import type { Partition } from '../../src/partition/partition.ts';
import { NOBODY, replicaOf } from '../../src/raft/types.ts';
import { type PeerHello, protocolVersion } from '../../src/transport/peer-hello.ts';

const clusterId = 'c0'.repeat(16);
const peers = new Map([1, 2, 3].map((nodeId) => [nodeId, `host${nodeId}:1`]));

function helloOf(nodeId: number, more: Partial<PeerHello>): PeerHello {
  const who = {
    clusterId,
    foundingId: '',
    nodeId,
    incarnation: 1,
    protocolVersion,
    partitionCount: 1,
  };
  return { ...who, peers: [], clientAddress: '', joining: true, ...more };
}

/** A node without data that wants to be `incarnation`. */
function newcomer(nodeId: number, incarnation: number, claim: string): PeerHello {
  return helloOf(nodeId, { incarnation, introduction: { claim } });
}

interface Circumstances {
  readonly nodeId: number;
  readonly leads?: boolean;
  /** A founder that nobody has on record yet. */
  readonly founds?: boolean;
  readonly hasEntries?: boolean;
}

/** A node as its peers see it when they introduce themselves, with the state of its meta group. */
class SeenNode {
  readonly base = new Base(limits.databaseCount);
  readonly keyspace = new Keyspace(this.base, { leaseGuardPercent: 1 });
  readonly sent: { readonly nodeId: number; readonly message: ControlMessage }[] = [];
  readonly heardAtMs = new Map<number, number>();
  readonly cluster: Cluster;
  nowMs = 100_000;
  leader = replicaOf(1, 1);
  #index = 0;

  constructor({ nodeId, leads = false, founds = false, hasEntries = true }: Circumstances) {
    const configuration = { voters: [], outgoing: [], learners: [] };
    const [lastIndex, self] = [hasEntries ? 1 : 0, replicaOf(nodeId, 1)];
    const seen = this;
    const raft = {
      ...{ self, configuration, lastIndex, transferring: false, progress: () => [] },
      get leader() {
        return seen.leader;
      },
    };
    const { keyspace } = this;
    // `as`: introductions and claims ask no more than this of a group.
    const meta = { id: 0, ready: leads, keyspace, raft } as unknown as Partition;
    this.cluster = new Cluster({
      ...{ clusterId, nodeId, incarnation: 1, partitions: [meta], peers },
      foundingId: '',
      newFoundingId: () => 'f0',
      onFounding: () => undefined,
      clientAddress: () => '',
      joining: founds,
      established: !founds,
      onRecord: () => undefined,
      monotonicMs: () => this.nowMs,
      lastHeardMs: (id) => this.heardAtMs.get(id),
      sendControl: (id, body) => this.sent.push({ nodeId: id, message: decodeControl(body) }),
      onPeers: () => undefined,
      onProgress: () => undefined,
      log: () => undefined,
    });
  }

  /** What was executed is committed, here and at those that are not cut off. */
  commit(): void {
    this.#index += 1;
    this.keyspace.seal(this.#index);
    this.keyspace.commit(this.#index, 0);
  }

  /** Everybody was heard as incarnation 1. */
  found(): void {
    recordFounders(
      this.keyspace,
      [...peers].map(([nodeId, address]) => ({ nodeId, address })),
    );
    this.commit();
  }

  /** Why a node that introduces itself is not let in. */
  judge(hello: PeerHello): string | undefined {
    return this.cluster.accept(hello)?.code;
  }
}

describe('an incarnation', () => {
  test('is granted by the leader of the meta group, once it is committed', () => {
    const leader = new SeenNode({ nodeId: 1, leads: true });
    leader.found();
    const hello = newcomer(3, 2, newClaim());
    expect(leader.judge(hello)).toBe('NOT_GRANTED');
    leader.cluster.watchPeers();
    expect(leader.judge(hello)).toBe('NOT_GRANTED');
    leader.commit();
    expect(leader.judge(hello)).toBeUndefined();
    expect(leader.judge(newcomer(3, 2, newClaim()))).toBe('USED_INCARNATION');
  });

  test('that a node lost with its folder is not given away again by a peer that is behind', () => {
    // It was cut off when node 3 came back as incarnation 2, voted, and lost its folder again.
    const behind = new SeenNode({ nodeId: 2 });
    behind.found();
    const hello = newcomer(3, 2, newClaim());
    for (let attempt = 0; attempt < 3; attempt += 1) {
      expect(behind.judge(hello)).toBe('NOT_GRANTED');
      behind.cluster.watchPeers();
    }
    expect(behind.sent.map(({ nodeId }) => nodeId)).toEqual([1, 1, 1]);
    const leader = new SeenNode({ nodeId: 1, leads: true });
    leader.found();
    grantClaim(leader.keyspace, { nodeId: 3, incarnation: 2, claim: newClaim() });
    leader.commit();
    for (const { message } of behind.sent) leader.cluster.control(message);
    leader.commit();
    expect(leader.judge(hello)).toBe('USED_INCARNATION');
    expect(findGrant(leader.base, 3)?.incarnation).toBe(2);
  });

  test('is not given away while its node is heard', () => {
    const leader = new SeenNode({ nodeId: 1, leads: true });
    leader.found();
    const hello = newcomer(3, 2, newClaim());
    leader.heardAtMs.set(3, leader.nowMs);
    for (const expected of ['NOT_GRANTED', undefined]) {
      leader.judge(hello);
      leader.cluster.watchPeers();
      leader.commit();
      expect(leader.judge(hello)).toBe(expected);
      leader.nowMs += 5_000;
    }
  });

  test('is not given away to two that ask for it at the same time', () => {
    const leader = new SeenNode({ nodeId: 1, leads: true });
    leader.found();
    const claims = [newClaim(), newClaim()];
    for (const claim of claims) {
      leader.cluster.control({ kind: 'claim', nodeId: 3, incarnation: 2, claim });
    }
    leader.commit();
    const judged = claims.map((claim) => leader.judge(newcomer(3, 2, claim)));
    expect(judged).toEqual([undefined, 'USED_INCARNATION']);
  });

  test('is not given away before there is a record of the founders', () => {
    const leader = new SeenNode({ nodeId: 1, leads: true });
    leader.cluster.control({ kind: 'claim', nodeId: 3, incarnation: 1, claim: newClaim() });
    leader.commit();
    expect(findGrant(leader.base, 3)).toBeUndefined();
  });

  test('of ids that are no members is given away to a limited number', () => {
    const leader = new SeenNode({ nodeId: 1, leads: true });
    leader.found();
    for (let nodeId = 4; nodeId < grantCountMax + 9; nodeId += 1) {
      grantClaim(leader.keyspace, { nodeId, incarnation: 1, claim: newClaim() });
      leader.commit();
    }
    expect(findGrant(leader.base, grantCountMax)).toBeDefined();
    expect(findGrant(leader.base, grantCountMax + 1)).toBeUndefined();
    expect(membersOf(leader.base)).toHaveLength(3);
  });
});

test('the first record speaks for the first name of every founder, heard or not', () => {
  const leader = new SeenNode({ nodeId: 1, leads: true, founds: true });
  leader.cluster.linkUp(helloOf(2, {}));
  // Only an introduction: it may end before it has a folder.
  leader.cluster.linkUp(newcomer(3, 1, newClaim()));
  leader.cluster.maintain();
  leader.commit();
  expect(membersOf(leader.base).map(({ incarnation }) => incarnation)).toEqual([1, 1, 0]);
  expect([1, 2, 3].map((nodeId) => leader.judge(newcomer(nodeId, 1, newClaim())))).toEqual([
    'SAME_NODE',
    'USED_INCARNATION',
    'USED_INCARNATION',
  ]);
  // The founder that was not heard yet has a folder, in which it never followed anybody.
  expect(leader.judge(helloOf(3, {}))).toBeUndefined();
});

describe('a founder that lost its leader before there was a record', () => {
  /** Node 1 led, and is lost for good. */
  function leftBehind(): SeenNode {
    const node = new SeenNode({ nodeId: 2, founds: true });
    node.cluster.watchPeers();
    node.leader = NOBODY;
    return node;
  }

  test('begins with the other founders after a while', () => {
    const node = leftBehind();
    const others = [newcomer(3, 1, newClaim()), helloOf(3, {})];
    for (const other of others) expect(node.judge(other)).toBe('NOT_READY');
    node.nowMs += 4_000;
    node.cluster.watchPeers();
    for (const other of others) expect(node.judge(other)).toBe('NOT_READY');
    node.nowMs += 2_000;
    node.cluster.watchPeers();
    for (const other of others) expect(node.judge(other)).toBeUndefined();
  });

  test('waits for the record as long as there is a leader', () => {
    const node = leftBehind();
    node.leader = replicaOf(1, 1);
    node.nowMs += 60_000;
    node.cluster.watchPeers();
    expect(node.judge(newcomer(3, 1, newClaim()))).toBe('NOT_READY');
  });

  test('does not begin with one that had a folder before, and has none now', () => {
    const node = leftBehind();
    node.cluster.linkUp(helloOf(3, {}));
    node.nowMs += 60_000;
    node.cluster.watchPeers();
    expect(node.judge(newcomer(3, 1, newClaim()))).toBe('NOT_READY');
    expect(node.judge(helloOf(3, {}))).toBeUndefined();
  });

  test('lets in nobody who came back or is to be added', () => {
    const node = leftBehind();
    node.nowMs += 60_000;
    node.cluster.watchPeers();
    expect(node.judge(newcomer(3, 2, newClaim()))).toBe('NOT_READY');
    const added = helloOf(4, { clusterId: '', introduction: { claim: newClaim() } });
    expect(node.judge(added)).toBe('NOT_READY');
  });
});

test('a node that was on record before it started waits for its leader, however long', () => {
  const node = new SeenNode({ nodeId: 2 });
  node.leader = NOBODY;
  node.nowMs += 600_000;
  node.cluster.watchPeers();
  expect(node.judge(newcomer(3, 1, newClaim()))).toBe('NOT_READY');
});
