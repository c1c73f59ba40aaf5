import { expect, test } from 'vitest';
import { explore } from './exploration.ts';
import { membershipMutants } from './membership-mutants.ts';
import { withMutant } from './mutant.ts';
import { mutants } from './mutants.ts';

/** The negative control of `randomized.test.ts`: runs that must end with a violation. */
const firstSeed = Number(process.env.FENCEPOST_SEED ?? 1);
const runsMax = Number(process.env.FENCEPOST_RAFT_MUTANT_RUNS ?? 6000);

const groups = [
  { voterCount: 3, learnerCount: 0, spareCount: 0 },
  { voterCount: 5, learnerCount: 0, spareCount: 0 },
  { voterCount: 3, learnerCount: 2, spareCount: 0 },
  { voterCount: 3, learnerCount: 1, spareCount: 1 },
  { voterCount: 1, learnerCount: 0, spareCount: 2 },
];

test.each([...mutants, ...membershipMutants])(
  'the randomized cluster catches $name',
  async (mutant) => {
    const caught = await withMutant(mutant, (Core) => {
      for (let run = 0; run < runsMax; run += 1) {
        const seed = run === 0 ? (mutant.seed ?? firstSeed) : firstSeed + run;
        const group = groups[seed % groups.length];
        if (group === undefined) continue;
        try {
          explore({ seed, steps: 1000, Core, ...group });
        } catch (error) {
          const { voterCount, learnerCount, spareCount } = group;
          return `seed ${seed}, ${voterCount}+${learnerCount}+${spareCount}: ${String(error)}`;
        }
      }
      return undefined;
    });
    console.log(`${mutant.name} | ${caught}`);
    expect(caught).toMatch(/AssertionError|Violation|no replica sends/);
  },
);
