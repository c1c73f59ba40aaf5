import type { SeedRun } from './hunt.ts';
import type { Mutant } from './mutant.ts';

/** Undefined: the seed draws none of the faults that the bug needs. */
export type RunSeed = (seed: number) => Promise<SeedRun | undefined>;

export type CatcherOptions = Pick<Mutant, 'catcher' | 'nodes' | 'needs'>;

/** Loads the code under test, with the edits of the mutant in it. */
export function openCatcher(options: CatcherOptions): Promise<RunSeed> {
  return options.catcher === 'core' ? openCore() : openSimulator(options);
}

async function openSimulator({ nodes, needs = [] }: CatcherOptions): Promise<RunSeed> {
  const { runSeed } = await import('../sim/run.ts');
  const { drawProfile } = await import('../sim/profile.ts');
  const { Prng } = await import('../src/base/prng.ts');
  return async (seed) => {
    const { faults } = drawProfile(new Prng(seed), { nodeCount: nodes });
    if (!needs.every((kind) => faults.includes(kind))) return undefined;
    const { violation, counts } = await runSeed({ seed, nodeCount: nodes, trace: undefined });
    const { simulatedMs } = counts;
    if (violation === undefined) return { invariant: undefined, message: '', simulatedMs };
    const { invariant, message } = violation;
    return { invariant: namedInvariant(invariant, message), message, simulatedMs };
  };
}

/** Groups of `test/raft/randomized.test.ts`, one after the other. */
const groups = [
  { voterCount: 3, learnerCount: 0, spareCount: 0 },
  { voterCount: 5, learnerCount: 0, spareCount: 0 },
  { voterCount: 3, learnerCount: 2, spareCount: 0 },
  { voterCount: 3, learnerCount: 1, spareCount: 1 },
  { voterCount: 1, learnerCount: 0, spareCount: 2 },
] as const;
const steps = 1000;

async function openCore(): Promise<RunSeed> {
  const { explore } = await import('../sim/core/exploration.ts');
  return async (seed) => {
    const group = groups[seed % groups.length];
    if (group === undefined) throw new RangeError('a remainder is within its divisor');
    try {
      explore({ seed, steps, ...group });
      return { invariant: undefined, message: '', simulatedMs: 0 };
    } catch (failure) {
      const message = failure instanceof Error ? failure.message : String(failure);
      const told = failure instanceof Error ? (failure.stack ?? message) : message;
      return { invariant: namedInvariant(message, told), message: told, simulatedMs: 0 };
    }
  };
}

/** An assertion of the product is an invariant, too: its sentence is the name. */
function namedInvariant(invariant: string, message: string): string {
  const assertion = /AssertionError[^:]*: ([^\n]+)/.exec(message)?.[1];
  const first = assertion === undefined ? invariant : `assertion: ${assertion}`;
  return first.split('\n')[0] ?? first;
}
