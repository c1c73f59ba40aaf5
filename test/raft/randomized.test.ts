import { expect, test } from 'vitest';
import { explore } from '../../sim/core/exploration.ts';
import { noCounts, type RunCounts } from '../../sim/core/judge.ts';
import { seedOf } from '../seed.ts';

/**
 * FENCEPOST_SEED begins with another seed, FENCEPOST_RAFT_RUNS makes more or fewer runs. A
 * failing run names its seed: `FENCEPOST_SEED=<seed> FENCEPOST_RAFT_RUNS=1` repeats it.
 */
const firstSeed = seedOf(1);
const runCount = Number(process.env.FENCEPOST_RAFT_RUNS ?? 200);
const steps = Number(process.env.FENCEPOST_RAFT_STEPS ?? 1000);

const groups = [
  { voterCount: 1, learnerCount: 0, spareCount: 0 },
  { voterCount: 3, learnerCount: 0, spareCount: 0 },
  { voterCount: 3, learnerCount: 1, spareCount: 0 },
  { voterCount: 5, learnerCount: 0, spareCount: 0 },
  { voterCount: 1, learnerCount: 0, spareCount: 2 },
  { voterCount: 3, learnerCount: 1, spareCount: 1 },
];

test.each(groups)(
  '$voterCount voters, $learnerCount learners and $spareCount others keep the promises of Raft',
  (group) => {
    const total = noCounts();
    console.log(`seeds ${firstSeed} to ${firstSeed + runCount - 1}`);
    for (let seed = firstSeed; seed < firstSeed + runCount; seed += 1) {
      let counts: RunCounts;
      try {
        counts = explore({ seed, steps, ...group });
      } catch (cause) {
        throw new Error(`seed ${seed}: ${String(cause)}`, { cause });
      }
      for (const name of countNames) total[name] += counts[name];
    }
    console.log(JSON.stringify(total));
    // A run in which nothing happened proves nothing.
    expect(total.leaders).toBeGreaterThan(runCount * 2);
    expect(total.committed).toBeGreaterThan(runCount * 10);
    expect(total.reads).toBeGreaterThan(runCount);
    expect(total.crashes).toBeGreaterThan(runCount);
    expect(total.compactions).toBeGreaterThan(runCount / 10);
    expect(total.silences).toBeGreaterThan(runCount / 10);
    if (group.spareCount > 0) expect(total.changes).toBeGreaterThan(runCount);
    if (group.voterCount > 1) {
      expect(total.cuts).toBeGreaterThan(runCount / 10);
      expect(total.snapshots).toBeGreaterThan(runCount / 10);
      expect(total.transfers).toBeGreaterThan(runCount / 5);
    }
  },
);

const countNames = [
  'leaders',
  'committed',
  'reads',
  'cuts',
  'crashes',
  'compactions',
  'snapshots',
  'changes',
  'transfers',
  'silences',
] as const;
