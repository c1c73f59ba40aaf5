import { runProgram } from '../harness/program.ts';
import { parseOptions, type SimOptions, usage } from './options.ts';
import { runSeeds } from './pool.ts';
import { describeRun, reportFailure, Totals } from './report.ts';
import type { RunResult } from './run.ts';

/*
 * `npm run sim`: whole clusters of the product's own code under one seeded scheduler. Runs seeds
 * until its time is over, or one of them breaks an invariant.
 */

const print = (text: string): void => {
  process.stdout.write(`${text}\n`);
};

/** Of every violation but the first. */
const violationCharsShown = 300;

async function run(options: SimOptions): Promise<boolean> {
  const totals = new Totals();
  const startedAt = process.hrtime.bigint();
  const seconds = (): number => Number(process.hrtime.bigint() - startedAt) / 1e9;
  const failed: RunResult[] = [];
  let count = 0;
  await runSeeds(options, {
    next: () => {
      const enough = count >= options.seeds || seconds() >= options.seconds;
      if (enough || (failed.length > 0 && !options.keepGoing)) return undefined;
      count += 1;
      return options.seed + count - 1;
    },
    done: (result) => {
      totals.add(result);
      if (options.verbose || options.seeds === 1) print(describeRun(result));
      if (result.violation !== undefined) failed.push(result);
      return failed.length === 0 || options.keepGoing;
    },
  });
  const { user, system } = process.cpuUsage();
  const [first] = failed;
  if (first !== undefined) await reportFailure(first, options, print);
  for (const { seed, violation } of failed.slice(1)) {
    print(`seed ${seed} breaks: ${violation?.message.slice(0, violationCharsShown)}`);
  }
  if (failed.length === 0 || options.keepGoing) print(totals.describe((user + system) / 1_000));
  return totals.proves && failed.length === 0;
}

await runProgram({ name: 'sim', usage, parseOptions, run });
