import { parseArgs } from 'node:util';
import type { Catcher } from './mutant.ts';

export interface MutantOptions {
  /** Classes (`B4`) or mutants (`B4a`) to look for; empty: all. */
  readonly only: readonly string[];
  /** Instead of the seeds in the table. */
  readonly seed: number | undefined;
  /** Processor time for each mutant. */
  readonly seconds: number;
  readonly jobs: number;
  /** Instead of the one in the table. */
  readonly catcher: Catcher | undefined;
  /** Writes the table into test/README.md. */
  readonly write: boolean;
}

export const usage = `usage: npm run mutants -- [options]
  --only B4,B7a  only these classes or mutants
  --seed N       begin with this seed
  --seconds S    processor time for each mutant (150)
  --catcher C    simulator or core, instead of the one in the table
  --jobs N       processes at a time (2)
  --write        write the table into test/README.md
`;

export function parseOptions(args: readonly string[]): MutantOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      only: { type: 'string', default: '' },
      seed: { type: 'string' },
      seconds: { type: 'string', default: '150' },
      jobs: { type: 'string', default: '2' },
      catcher: { type: 'string' },
      write: { type: 'boolean', default: false },
    },
  });
  const only = values.only.split(',').filter((name) => name !== '');
  if (values.write && only.length > 0) throw new RangeError('--write is for the whole table');
  return {
    only,
    seed: values.seed === undefined ? undefined : numberOf(values.seed, 'seed'),
    seconds: numberOf(values.seconds, 'seconds'),
    jobs: Math.max(1, numberOf(values.jobs, 'jobs')),
    catcher: catcherOf(values.catcher),
    write: values.write,
  };
}

function catcherOf(name: string | undefined): Catcher | undefined {
  if (name === undefined || name === 'simulator' || name === 'core') return name;
  throw new RangeError('--catcher is simulator or core');
}

function numberOf(text: string, name: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 0) throw new RangeError(`--${name} is a number`);
  return value;
}
