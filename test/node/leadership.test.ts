import { describe, expect, test } from 'vitest';
import {
  type LedGroup,
  preferredLeader,
  successor,
  transferTarget,
} from '../../src/node/leadership.ts';
import type { PeerProgress } from '../../src/raft/progress.ts';
import { indexOf, nodeOf, replicaOf } from '../../src/raft/types.ts';

const stays = () => true;
const voters = [replicaOf(1, 1), replicaOf(2, 3), replicaOf(3, 1)];

function follower(nodeId: number, matchIndex: number): PeerProgress {
  const id = voters[nodeId - 1] ?? replicaOf(nodeId, 1);
  const nextIndex = indexOf(matchIndex + 1);
  const known = { isLearner: false, state: 'replicate' as const, isActive: true };
  return { id, matchIndex: indexOf(matchIndex), nextIndex, ...known };
}

function group(id: number, progress: readonly PeerProgress[]): LedGroup {
  return { id, configuration: { voters, outgoing: [], learners: [] }, progress, lastIndex: 9 };
}

describe('leadership', () => {
  test('leaders spread evenly over the voters', () => {
    const counts = new Map<number, number>();
    for (let id = 1; id <= 9; id += 1) {
      const nodeId = nodeOf(preferredLeader(group(id, [])));
      counts.set(nodeId, (counts.get(nodeId) ?? 0) + 1);
    }
    expect([...counts].sort()).toEqual([
      [1, 3],
      [2, 3],
      [3, 3],
    ]);
  });

  test('a group goes to whom it belongs if that node is steady and keeps up', () => {
    const led = group(1, [follower(2, 9), follower(3, 9)]);
    expect(transferTarget(led, { self: 1, stays, isSteady: () => true })).toBe(voters[1]);
    expect(transferTarget(led, { self: 1, stays, isSteady: () => false })).toBeUndefined();
    expect(transferTarget(led, { self: 2, stays, isSteady: () => true })).toBeUndefined();
  });

  test('a group is not handed to a voter that does not answer, or during a joint change', () => {
    const silent = group(1, [{ ...follower(2, 9), isActive: false }]);
    expect(transferTarget(silent, { self: 1, stays, isSteady: () => true })).toBeUndefined();
    const probing = group(1, [{ ...follower(2, 9), state: 'probe' as const }]);
    expect(transferTarget(probing, { self: 1, stays, isSteady: () => true })).toBeUndefined();
    const led = group(1, [follower(2, 9)]);
    const joint = { ...led, configuration: { ...led.configuration, outgoing: [voters[0] ?? 0] } };
    expect(
      transferTarget(joint as LedGroup, { self: 1, stays, isSteady: () => true }),
    ).toBeUndefined();
  });

  test('a node that is to leave is nobody to hand a group to', () => {
    const led = group(1, [follower(2, 9), follower(3, 9)]);
    const candidates = { self: 1, stays: (nodeId: number) => nodeId !== 2, isSteady: () => true };
    expect(transferTarget(led, candidates)).toBe(voters[2]);
    expect(successor(led, (id) => id !== voters[1])).toBe(voters[2]);
  });

  test('a group that an operator has handed over stays where it is', () => {
    const led = group(1, [follower(2, 9), follower(3, 9)]);
    const candidates = { self: 1, stays, isSteady: () => true };
    expect(transferTarget(led, { ...candidates, pinnedTo: 1 })).toBeUndefined();
    expect(transferTarget(led, { ...candidates, pinnedTo: 3 })).toBe(voters[2]);
    expect(transferTarget(led, { ...candidates, pinnedTo: 9 })).toBe(voters[1]);
  });

  test('a node that stops hands over to the voter whose log is longest', () => {
    expect(successor(group(1, [follower(2, 5), follower(3, 8)]))).toBe(voters[2]);
    expect(successor(group(1, []))).toBeUndefined();
  });
});
