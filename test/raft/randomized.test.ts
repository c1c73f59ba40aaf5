import { expect, test } from 'vitest';
import type { RunCounts } from './checker.ts';
import { explore } from './exploration.ts';

/**
 * FENCEPOST_RAFT_SEED begins with another seed, FENCEPOST_RAFT_RUNS makes more or fewer runs. A
 * failing run names its seed: `FENCEPOST_RAFT_SEED=<seed> FENCEPOST_RAFT_RUNS=1` repeats it.
 */
const firstSeed = Number(process.env.FENCEPOST_RAFT_SEED ?? 1);
const runCount = Number(process.env.FENCEPOST_RAFT_RUNS ?? 400);
const steps = Number(process.env.FENCEPOST_RAFT_STEPS ?? 1000);

const groups = [
  { voterCount: 1, learnerCount: 0 },
  { voterCount: 3, learnerCount: 0 },
  { voterCount: 3, learnerCount: 1 },
  { voterCount: 5, learnerCount: 0 },
];

test.each(groups)(
  '$voterCount voters and $learnerCount learners keep the promises of Raft',
  (group) => {
    const total: RunCounts = {
      leaders: 0,
      committed: 0,
      reads: 0,
      cuts: 0,
      crashes: 0,
      compactions: 0,
    };
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
    if (group.voterCount > 1) expect(total.cuts).toBeGreaterThan(runCount / 10);
  },
);

const countNames = ['leaders', 'committed', 'reads', 'cuts', 'crashes', 'compactions'] as const;
