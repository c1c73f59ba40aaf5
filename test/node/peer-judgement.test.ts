import { describe, expect, test } from 'vitest';
import type { Member } from '../../src/node/members.ts';
import { type Judge, refusalOf } from '../../src/node/peer-judgement.ts';
import type { PeerHello } from '../../src/transport/peer-hello.ts';

const peers = [1, 2, 3].map((nodeId) => ({ nodeId, address: `host${nodeId}:17379` }));

function hello(nodeId: number, more: Partial<PeerHello> = {}): PeerHello {
  const clusterId = 'c0'.repeat(16);
  const known = { clusterId, incarnation: 1, protocolVersion: 1, partitionCount: 8, peers };
  return { nodeId, ...known, clientAddress: `host${nodeId}:7379`, joining: false, ...more };
}

function judge(more: Partial<Judge> = {}): Judge {
  return { self: hello(1), members: [], established: false, ...more };
}

function member(nodeId: number, incarnation: number, role: Member['role'] = 'voter'): Member {
  return { nodeId, incarnation, role, address: `host${nodeId}:17379` };
}

describe('refusalOf', () => {
  test('a peer of the same cluster is let in', () => {
    expect(refusalOf(hello(2), judge())).toBeUndefined();
  });

  test('a peer with the id of this node is told so', () => {
    expect(refusalOf(hello(1), judge())).toMatchObject({ code: 'SAME_NODE' });
  });

  test('another peer list, or number of partitions, is refused with the exact difference', () => {
    const moved = [...peers.slice(0, 2), { nodeId: 3, address: 'host9:17379' }];
    const other = hello(2, { clusterId: 'c1'.repeat(16), peers: moved, partitionCount: 4 });
    const refusal = refusalOf(other, judge());
    expect(refusal?.code).toBe('OTHER_CLUSTER');
    expect(refusal?.text).toContain('node 3 is host9:17379 there, host3:17379 here');
    expect(refusal?.text).toContain('--partitions 4 there, 8 here');
    expect(refusal?.text).not.toContain('node 2 is host2:17379 there');
  });

  test('a node without data is let in to learn which cluster this is', () => {
    const joiner = hello(4, { clusterId: '', joining: true });
    expect(refusalOf(joiner, judge({ members: [member(1, 1)] }))).toBeUndefined();
  });

  test('an empty folder cannot speak for replicas that voted already', () => {
    const empty = hello(2, { joining: true });
    const members = [member(1, 1), member(2, 1)];
    expect(refusalOf(empty, judge({ members }))).toMatchObject({ code: 'USED_INCARNATION' });
    expect(refusalOf(hello(2, { joining: true, incarnation: 2 }), judge({ members }))).toBe(
      undefined,
    );
  });

  test('a node that lost its data need not know how many partitions there are', () => {
    const back = hello(2, { joining: true, incarnation: 2, partitionCount: 0 });
    expect(refusalOf(back, judge({ members: [member(2, 1)] }))).toBeUndefined();
    const wrong = hello(2, { joining: true, incarnation: 2, partitionCount: 4 });
    const refusal = refusalOf(wrong, judge({ members: [member(2, 1)] }));
    expect(refusal?.text).toContain('--partitions 4 there, 8 here');
  });

  test('a founder that comes late is let in: nobody has heard it yet', () => {
    const members = [member(1, 1), member(2, 0)];
    expect(refusalOf(hello(2, { joining: true }), judge({ members }))).toBeUndefined();
  });

  test('an old copy of a data folder is refused once a later incarnation took its place', () => {
    const members = [member(2, 2)];
    expect(refusalOf(hello(2), judge({ members }))).toMatchObject({ code: 'REPLACED' });
  });

  test('a removed node is told that it was removed, unless it joins again', () => {
    const members = [member(2, 1, 'removed')];
    expect(refusalOf(hello(2), judge({ members }))).toMatchObject({ code: 'REMOVED' });
    const again = hello(2, { joining: true, incarnation: 2 });
    expect(refusalOf(again, judge({ members }))).toBeUndefined();
    expect(refusalOf(hello(2, { incarnation: 2 }), judge({ members }))).toBeUndefined();
  });

  test('nobody without a past is let in by a node that does not know its cluster again yet', () => {
    const empty = hello(2, { joining: true });
    const restarted = judge({ established: true });
    expect(refusalOf(empty, restarted)).toMatchObject({ code: 'NOT_READY' });
    expect(refusalOf(hello(4, { clusterId: '', joining: true }), restarted)).toMatchObject({
      code: 'NOT_READY',
    });
    expect(refusalOf(hello(2), restarted)).toBeUndefined();
    // One that was let in, and has not got the record yet, cannot vouch for others either.
    expect(refusalOf(empty, judge())).toMatchObject({ code: 'NOT_READY' });
    expect(refusalOf(empty, judge({ self: hello(1, { joining: true }) }))).toBeUndefined();
  });

  test('founders that were told different things refuse each other before they begin', () => {
    const self = hello(1, { joining: true });
    const other = hello(2, { joining: true, clusterId: 'c1'.repeat(16), partitionCount: 4 });
    expect(refusalOf(other, judge({ self }))).toMatchObject({ code: 'OTHER_CLUSTER' });
    expect(refusalOf(hello(2, { joining: true }), judge({ self }))).toBeUndefined();
  });
});
