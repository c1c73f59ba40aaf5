import { describe, expect, test } from 'vitest';
import type { Member } from '../../src/node/members.ts';
import { type Judge, refusalOf } from '../../src/node/peer-judgement.ts';
import type { PeerHello } from '../../src/transport/peer-hello.ts';

const peers = [1, 2, 3].map((nodeId) => ({ nodeId, address: `host${nodeId}:17379` }));

function hello(nodeId: number, more: Partial<PeerHello> = {}): PeerHello {
  const clusterId = 'c0'.repeat(16);
  const known = {
    clusterId,
    foundingId: '',
    incarnation: 1,
    protocolVersion: 1,
    partitionCount: 8,
    peers,
  };
  return { nodeId, ...known, clientAddress: `host${nodeId}:7379`, joining: false, ...more };
}

function judge(more: Partial<Judge> = {}): Judge {
  return {
    self: hello(1),
    members: [],
    grant: undefined,
    begins: false,
    takesPart: false,
    ...more,
  };
}

function member(nodeId: number, incarnation: number, role: Member['role'] = 'voter'): Member {
  return { nodeId, incarnation, role, address: `host${nodeId}:17379` };
}

const claim = '0f'.repeat(16);

/** A node without data that introduces itself. */
function newcomer(nodeId: number, more: Partial<PeerHello> = {}): PeerHello {
  return hello(nodeId, { joining: true, introduction: { claim }, ...more });
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

  test('a node of a cluster that was begun anew is refused, once both know their cluster', () => {
    const judged = (here: string, there: string) =>
      refusalOf(hello(2, { foundingId: there }), judge({ self: hello(1, { foundingId: here }) }));
    expect(judged('a1', 'b2')).toMatchObject({
      code: 'OTHER_CLUSTER',
      text: expect.stringContaining('the cluster was begun anew'),
    });
    for (const [here = '', there = ''] of [['a1', 'a1'], ['', 'b2'], ['a1', ''], []]) {
      expect(judged(here, there)).toBeUndefined();
    }
  });

  test('a node without data is let in under a grant of its very claim, and under no other', () => {
    const members = [member(1, 1)];
    for (const joiner of [newcomer(4), newcomer(4, { clusterId: '' })]) {
      const judged = (grant: Judge['grant']) => refusalOf(joiner, judge({ members, grant }))?.code;
      expect(judged(undefined)).toBe('NOT_GRANTED');
      expect(judged({ incarnation: 1, claim })).toBeUndefined();
      expect(judged({ incarnation: 1, claim: '1e'.repeat(16) })).toBe('USED_INCARNATION');
      expect(judged({ incarnation: 1, claim: '' })).toBe('USED_INCARNATION');
      expect(judged({ incarnation: 2, claim })).toBe('USED_INCARNATION');
    }
    const unnamed = hello(4, { clusterId: '', joining: true });
    const grant = { incarnation: 1, claim: '' };
    expect(refusalOf(unnamed, judge({ members, grant }))).toBeDefined();
    expect(refusalOf(unnamed, judge({ members }))).toMatchObject({ code: 'NOT_GRANTED' });
  });

  test('an empty folder cannot speak for replicas that voted already', () => {
    const members = [member(1, 1), member(2, 1)];
    for (const empty of [hello(2, { joining: true }), newcomer(2)]) {
      const refusal = refusalOf(empty, judge({ members }));
      expect(refusal).toMatchObject({ code: 'USED_INCARNATION' });
      expect(refusal?.usedIncarnation).toBe(1);
    }
    const grant = { incarnation: 7, claim: '' };
    const refusal = refusalOf(newcomer(2, { incarnation: 3 }), judge({ members, grant }));
    expect(refusal?.usedIncarnation).toBe(7);
  });

  test('a peer that may be behind does not vouch for an incarnation that it never heard of', () => {
    const members = [member(1, 1), member(2, 1)];
    const grant = { incarnation: 1, claim: '' };
    const wipedTwice = newcomer(2, { incarnation: 2 });
    expect(refusalOf(wipedTwice, judge({ members, grant }))).toMatchObject({ code: 'NOT_GRANTED' });
  });

  test('a node that lost its data need not know how many partitions there are', () => {
    const members = [member(2, 1)];
    const grant = { incarnation: 2, claim };
    const back = newcomer(2, { incarnation: 2, partitionCount: 0 });
    expect(refusalOf(back, judge({ members, grant }))).toBeUndefined();
    const wrong = newcomer(2, { incarnation: 2, partitionCount: 4 });
    const refusal = refusalOf(wrong, judge({ members, grant }));
    expect(refusal?.text).toContain('--partitions 4 there, 8 here');
  });

  test('a founder that comes late is let in with its folder: nobody has heard it yet', () => {
    const members = [member(1, 1), member(2, 0)];
    const grant = { incarnation: 1, claim: '' };
    expect(refusalOf(hello(2, { joining: true }), judge({ members, grant }))).toBeUndefined();
    expect(refusalOf(newcomer(2), judge({ members, grant }))?.code).toBe('USED_INCARNATION');
  });

  test('an old copy of a data folder is refused once a later incarnation took its place', () => {
    const members = [member(2, 2)];
    expect(refusalOf(hello(2), judge({ members }))).toMatchObject({ code: 'REPLACED' });
  });

  test('a removed node is told that it was removed, unless it joins again', () => {
    const members = [member(2, 1, 'removed')];
    expect(refusalOf(hello(2), judge({ members }))).toMatchObject({ code: 'REMOVED' });
    // It was added again, and leads perhaps: only over this link the record here learns of it.
    expect(refusalOf(hello(2), judge({ members, takesPart: true }))).toBeUndefined();
    const grant = { incarnation: 2, claim };
    expect(refusalOf(newcomer(2, { incarnation: 2 }), judge({ members, grant }))).toBeUndefined();
    expect(refusalOf(hello(2, { incarnation: 2 }), judge({ members }))).toBeUndefined();
  });

  test('nobody without a past is let in by a node that does not know its cluster yet', () => {
    for (const empty of [hello(2, { joining: true }), newcomer(2)]) {
      expect(refusalOf(empty, judge())).toMatchObject({ code: 'NOT_READY' });
      expect(refusalOf(empty, judge({ begins: true }))).toBeUndefined();
    }
    expect(refusalOf(hello(2), judge())).toBeUndefined();
  });

  test('those that begin let in founders only, not who came back or is to be added', () => {
    const begins = judge({ self: hello(1, { joining: true }), begins: true });
    expect(refusalOf(newcomer(2, { incarnation: 2 }), begins)?.code).toBe('NOT_READY');
    expect(refusalOf(newcomer(4, { clusterId: '' }), begins)?.code).toBe('NOT_READY');
    const asks = judge({ self: newcomer(4, { clusterId: '' }) });
    expect(refusalOf(newcomer(2), asks)?.code).toBe('NOT_READY');
    expect(refusalOf(hello(2), asks)).toBeUndefined();
  });

  test('founders that were told different things refuse each other before they begin', () => {
    const self = hello(1, { joining: true });
    const other = hello(2, { joining: true, clusterId: 'c1'.repeat(16), partitionCount: 4 });
    expect(refusalOf(other, judge({ self, begins: true }))).toMatchObject({
      code: 'OTHER_CLUSTER',
    });
    expect(refusalOf(hello(2, { joining: true }), judge({ self, begins: true }))).toBe(undefined);
  });
});
