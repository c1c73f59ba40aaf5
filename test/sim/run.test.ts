import { describe, expect, test } from 'vitest';
import { gapsOf, type RunCounts, runSeed } from '../../sim/run.ts';
import { seedOf } from '../seed.ts';

/** Short ones, chosen by chance: the long runs are `npm run sim`. */
const seed = seedOf(8);
const minuteMs = 60_000;

describe('one seed', () => {
  test(
    'run twice gives the same hash, whatever else this process did',
    async () => {
      const first = await runSeed({ seed, nodeCount: 3, trace: undefined });
      const other = await runSeed({ seed: seed + 1, nodeCount: 1, trace: undefined });
      const lines: string[] = [];
      const second = await runSeed({ seed, nodeCount: 3, trace: (line) => void lines.push(line) });
      expect(first.violation).toBeUndefined();
      expect(second).toEqual(first);
      expect(other.hash).not.toBe(first.hash);
      expect(lines.length).toBeGreaterThan(100);
    },
    minuteMs,
  );

  test(
    'of every size of cluster holds its promises',
    async () => {
      for (const nodeCount of [1, 3, 5]) {
        const result = await runSeed({ seed: seed + 4, nodeCount, trace: undefined });
        expect(result.violation).toBeUndefined();
        expect(result.counts.grants).toBeGreaterThan(0);
        expect(result.counts.events).toBeGreaterThan(1_000);
      }
    },
    minuteMs,
  );
});

describe('a run proves nothing', () => {
  const counts: RunCounts = {
    events: 1_000,
    simulatedMs: 1_000,
    faults: 3,
    leaders: 3,
    committed: 10,
    cuts: 0,
    checkpoints: 1,
    installs: 0,
    starts: 3,
    requests: 10,
    done: 5,
    reads: 5,
    unknown: 0,
    down: 0,
    grants: 2,
    expiries: 1,
    memberChanges: 0,
    operations: 0,
    replaced: 0,
    executed: 0,
    aborted: 0,
    published: 0,
    heard: 0,
  };

  test('unless something of each kind happened', () => {
    expect(gapsOf(counts, 2)).toEqual([]);
  });

  test.each([
    [{ leaders: 2 }, 'leadership never moved'],
    [{ checkpoints: 0 }, 'nothing was compacted'],
    [{ reads: 0 }, 'nothing was read'],
    [{ grants: 0 }, 'nothing was granted'],
  ])('and says so: %j', (missing, gap) => {
    expect(gapsOf({ ...counts, ...missing }, 2)).toEqual([gap]);
  });
});
