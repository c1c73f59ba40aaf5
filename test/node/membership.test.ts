import { describe, expect, test } from 'vitest';
import type { Member } from '../../src/node/members.ts';
import { type GroupView, nextMembership, peersToDial } from '../../src/node/membership.ts';
import type { Partition } from '../../src/partition/partition.ts';
import type { PeerProgress } from '../../src/raft/progress.ts';
import { indexOf, type ReplicaId, replicaOf } from '../../src/raft/types.ts';

const first = (nodeId: number): ReplicaId => replicaOf(nodeId, 1);

function member(nodeId: number, role: Member['role'] = 'voter', incarnation = 1): Member {
  return { nodeId, role, incarnation, address: `host${nodeId}:17379` };
}

function follower(id: ReplicaId, matchIndex: number, isLearner = false): PeerProgress {
  const nextIndex = indexOf(matchIndex + 1);
  const state = 'replicate' as const;
  return { id, isLearner, state, matchIndex: indexOf(matchIndex), nextIndex, isActive: true };
}

function group(
  voters: readonly ReplicaId[],
  learners: readonly ReplicaId[] = [],
  more: Partial<GroupView> = {},
): GroupView {
  return {
    self: first(1),
    configuration: { voters, outgoing: [], learners },
    lastIndex: 1000,
    ...more,
    progress: [
      ...voters.filter((id) => id !== first(1)).map((id) => follower(id, 1000)),
      ...(more.progress ?? []),
    ],
  };
}

const three = [first(1), first(2), first(3)];
const heard = (incarnations: Readonly<Record<number, number>>) => (nodeId: number) =>
  incarnations[nodeId];

describe('nextMembership', () => {
  test('proposes nothing while the group is what the members ask for', () => {
    const members = [member(1), member(2), member(3)];
    expect(nextMembership(group(three), members, heard({ 1: 1, 2: 1, 3: 1 }))).toBeUndefined();
  });

  test('proposes nothing before there is a record, and while a change is joint', () => {
    expect(nextMembership(group(three), [], heard({}))).toBeUndefined();
    const joint = group(three);
    const configuration = { ...joint.configuration, outgoing: [first(1)] };
    const members = [member(1), member(2)];
    expect(nextMembership({ ...joint, configuration }, members, heard({}))).toBeUndefined();
  });

  test('a new node becomes a learner first, and only once it was heard', () => {
    const members = [member(1), member(2), member(3), member(4, 'voter', 0)];
    expect(nextMembership(group(three), members, heard({}))).toBeUndefined();
    expect(nextMembership(group(three), members, heard({ 4: 1 }))).toEqual({
      voters: three,
      learners: [first(4)],
    });
  });

  test('a learner becomes a voter when it has caught up, not before', () => {
    const members = [member(1), member(2), member(3), member(4)];
    const behind = group(three, [first(4)], { progress: [follower(first(4), 100, true)] });
    expect(nextMembership(behind, members, heard({ 4: 1 }))).toBeUndefined();
    const close = group(three, [first(4)], { progress: [follower(first(4), 990, true)] });
    expect(nextMembership(close, members, heard({ 4: 1 }))).toEqual({
      voters: [...three, first(4)],
      learners: [],
    });
    const gone = { ...follower(first(4), 990, true), isActive: false };
    const silent = group(three, [first(4)], { progress: [gone] });
    expect(nextMembership(silent, members, heard({ 4: 1 }))).toBeUndefined();
  });

  test('a member that is to stay a learner is not promoted', () => {
    const members = [member(1), member(2), member(3), member(4, 'learner')];
    const close = group(three, [first(4)], { progress: [follower(first(4), 1000, true)] });
    expect(nextMembership(close, members, heard({ 4: 1 }))).toBeUndefined();
  });

  test('a node that lost its data is a new replica; the old one votes till then', () => {
    const members = [member(1), member(2), member(3)];
    const again = replicaOf(2, 2);
    const incarnations = heard({ 1: 1, 2: 2, 3: 1 });
    expect(nextMembership(group(three), members, incarnations)).toEqual({
      voters: three,
      learners: [again],
    });
    const close = group(three, [again], { progress: [follower(again, 1000, true)] });
    expect(nextMembership(close, members, incarnations)).toEqual({
      voters: [first(1), first(3), again].sort((left, right) => left - right),
      learners: [],
    });
  });

  test('a learner of an earlier incarnation is dropped when the later one is heard', () => {
    const members = [member(1), member(2), member(3), member(4, 'learner')];
    const next = nextMembership(group(three, [first(4)]), members, heard({ 4: 2 }));
    expect(next).toEqual({ voters: three, learners: [replicaOf(4, 2)] });
  });

  test('what an older incarnation says moves nothing back', () => {
    const again = replicaOf(2, 2);
    const members = [member(1), member(2, 'voter', 2), member(3)];
    const now = group([first(1), first(3), again]);
    expect(nextMembership(now, members, heard({ 2: 1 }))).toBeUndefined();
  });

  test('voters change only if a majority of the new ones answers', () => {
    // Node 2 lost its data and is back under another incarnation, while node 3 is demoted.
    const again = replicaOf(2, 2);
    const members = [member(1), member(2, 'voter', 2), member(3, 'learner')];
    const dead = { ...follower(first(2), 1000), isActive: false };
    const live = follower(first(3), 1000);
    const now = { ...group(three), progress: [dead, live] };
    const first2 = nextMembership(now, members, heard({ 2: 2 }));
    expect(first2).toEqual({ voters: three, learners: [again] });
    const learning = { ...group(three, [again]), progress: [dead, live, follower(again, 1000)] };
    expect(nextMembership(learning, members, heard({ 2: 2 }))).toEqual({
      voters: [first(1), again],
      learners: [first(3)],
    });
  });

  test('a removed node leaves, voter or learner', () => {
    const members = [member(1), member(2), member(3, 'removed')];
    expect(nextMembership(group(three), members, heard({ 3: 1 }))).toEqual({
      voters: [first(1), first(2)],
      learners: [],
    });
    const learning = group([first(1), first(2)], [first(3)]);
    expect(nextMembership(learning, members, heard({ 3: 1 }))).toEqual({
      voters: [first(1), first(2)],
      learners: [],
    });
  });

  test('a group is never left without a voter', () => {
    const members = [member(1, 'removed'), member(2, 'learner')];
    expect(nextMembership(group([first(1)], [first(2)]), members, heard({ 2: 1 }))).toBeUndefined();
  });
});

describe('peersToDial', () => {
  /** `as`: only the members of its group are looked at. */
  const partitionOf = (voters: readonly ReplicaId[], learners: readonly ReplicaId[] = []) =>
    ({ raft: { configuration: { voters, outgoing: [], learners } } }) as unknown as Partition;
  const dialled = (
    members: readonly Member[],
    known: readonly number[],
    ...partitions: readonly Partition[]
  ): readonly number[] => {
    const addresses = new Map(known.map((nodeId) => [nodeId, `host${nodeId}:17379`]));
    const callers = new Map<number, string>();
    const options = { members, known: addresses, callers, partitions, isBehind: false };
    return [...peersToDial(options).keys()].sort();
  };

  test('are those on record', () => {
    expect(
      dialled(
        three.map((_, at) => member(at + 1)),
        [1, 2, 3, 9],
        partitionOf(three),
      ),
    ).toEqual([1, 2, 3]);
  });

  test('are also those who take part, after a start with a record of before they came', () => {
    const members = [member(1), member(2), member(3)];
    const groups = [partitionOf([first(3), first(4)], [first(5)]), partitionOf(three)];
    expect(dialled(members, [1, 3, 4, 5], ...groups)).toEqual([1, 2, 3, 4, 5]);
  });

  test('are where they were known to be, as long as the record is older than that', () => {
    const known = new Map([[2, 'elsewhere:1']]);
    const callers = new Map<number, string>();
    const options = { members: [member(1), member(2)], known, callers, partitions: [] };
    const peers = peersToDial({ ...options, isBehind: true });
    expect([...peers]).toEqual([
      [2, 'elsewhere:1'],
      [1, 'host1:17379'],
    ]);
    expect(peersToDial({ ...options, isBehind: false }).get(2)).toBe('host2:17379');
  });

  test('are also those who call and are not on record, until they are', () => {
    const [known, callers] = [new Map([[2, 'host2:1']]), new Map([[7, 'host7:1']])];
    const dial = (members: readonly Member[], isBehind: boolean) => [
      ...peersToDial({ members, known, callers, partitions: [], isBehind }).keys(),
    ];
    expect(dial([], true)).toEqual([2, 7]);
    expect(dial([member(1), member(2)], false)).toEqual([1, 2, 7]);
    expect(dial([member(1), member(7, 'removed')], false)).toEqual([1]);
  });

  test('are those who were removed as long as a group counts them, and no longer', () => {
    const members = [member(1), member(2), member(3, 'removed')];
    expect(dialled(members, [1, 2, 3], partitionOf(three))).toEqual([1, 2, 3]);
    expect(dialled(members, [1, 2, 3], partitionOf(three.slice(0, 2)))).toEqual([1, 2]);
  });
});
