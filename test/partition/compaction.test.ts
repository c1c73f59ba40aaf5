import { expect, test } from 'vitest';
import { limits } from '../../src/base/limits.ts';
import { Compaction } from '../../src/partition/compaction.ts';
import type { PeerProgress } from '../../src/raft/progress.ts';
import type { Raft } from '../../src/raft/raft.ts';
import { indexOf, replicaOf } from '../../src/raft/types.ts';

/** A leader of two followers: one that has everything, and one that answers and stays behind. */
function leaderWith(behind: Pick<PeerProgress, 'isActive' | 'state' | 'matchIndex'>) {
  const compacted: number[] = [];
  const progress = [{ isActive: true, state: 'replicate', matchIndex: indexOf(1e6) }, behind].map(
    (peer, at) => ({ ...peer, id: replicaOf(at + 2, 1), isLearner: false, nextIndex: indexOf(1) }),
  );
  // `as`: what compaction asks a group.
  const raft = {
    progress: () => progress,
    compact: (index: number) => compacted.push(index),
  } as unknown as Raft;
  return { compacted, compaction: new Compaction(raft, indexOf(0)) };
}

test('the log stays in memory for a follower that is a little behind', () => {
  const matchIndex = indexOf(10);
  const { compaction, compacted } = leaderWith({ isActive: true, state: 'replicate', matchIndex });
  compaction.upTo(indexOf(100), indexOf(120));
  compaction.upTo(indexOf(200), indexOf(220));
  expect(compacted).toEqual([10]);
});

test('a follower that answers and does not keep up does not hold the log for ever', () => {
  const matchIndex = indexOf(10);
  const { compaction, compacted } = leaderWith({ isActive: true, state: 'replicate', matchIndex });
  const count = 3 * limits.lagCheckpointCountMax;
  for (let each = 1; each <= count; each += 1) {
    compaction.upTo(indexOf(100 * each), indexOf(100 * each + 20));
  }
  expect(compacted.at(-1)).toBe(100 * (count - limits.lagCheckpointCountMax + 1));
});

test('a follower that is not heard, or gets a state, holds nothing', () => {
  for (const peer of [
    { isActive: false, state: 'replicate', matchIndex: indexOf(10) },
    { isActive: true, state: 'snapshot', matchIndex: indexOf(10) },
  ] as const) {
    const { compaction, compacted } = leaderWith(peer);
    compaction.upTo(indexOf(100), indexOf(120));
    expect(compacted).toEqual([100]);
  }
});
