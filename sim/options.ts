import { parseArgs } from 'node:util';

export interface SimOptions {
  /** The first seed. */
  readonly seed: number;
  readonly seeds: number;
  readonly seconds: number;
  /** Undefined: each seed draws it. */
  readonly nodes: number | undefined;
  /** Threads that run seeds at the same time. */
  readonly jobs: number;
  /** Goes on after a violation, and lists all of them at the end. */
  readonly keepGoing: boolean;
  readonly verbose: boolean;
  readonly trace: boolean;
}

export const usage = `usage: npm run sim -- [options]
  --seed N      run this seed; with --seeds or --seconds the first of them
  --seeds N     how many seeds to run, one after the other
  --seconds S   begin no further seed after this much time (60 without --seed or --seeds)
  --nodes N     clusters of this many nodes: 1, 3 or 5; else each seed draws it
  --jobs N      run seeds on N threads
  --keep-going  go on after a violation, and list all of them at the end
  --verbose     one line for each seed
  --trace       one line for each change of state
`;

/** More than anybody waits for. */
const unlimited = Number.MAX_SAFE_INTEGER;

export function parseOptions(args: readonly string[]): SimOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      seed: { type: 'string' },
      seeds: { type: 'string' },
      seconds: { type: 'string' },
      nodes: { type: 'string' },
      jobs: { type: 'string' },
      'keep-going': { type: 'boolean', default: false },
      verbose: { type: 'boolean', default: false },
      trace: { type: 'boolean', default: false },
    },
  });
  const seed = numberOf(values.seed, 'seed');
  const seeds = numberOf(values.seeds, 'seeds');
  const seconds = numberOf(values.seconds, 'seconds');
  const one = seed !== undefined && seeds === undefined && seconds === undefined;
  return {
    seed: seed ?? 1,
    seeds: seeds ?? (one ? 1 : unlimited),
    seconds: seconds ?? (seed === undefined && seeds === undefined ? 60 : unlimited),
    nodes: numberOf(values.nodes, 'nodes'),
    jobs: Math.max(1, numberOf(values.jobs, 'jobs') ?? 1),
    keepGoing: values['keep-going'],
    verbose: values.verbose,
    trace: values.trace,
  };
}

function numberOf(text: string | undefined, name: string): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 0) throw new RangeError(`--${name} is a number`);
  return value;
}
