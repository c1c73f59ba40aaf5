import { parseOptions, type SimOptions, usage } from './options.ts';
import { describeRun, reportFailure, Totals } from './report.ts';
import { runSeed } from './run.ts';

/*
 * `npm run sim`: whole clusters of the product's own code under one seeded scheduler. Runs seeds
 * one after the other until its time is over, or one of them breaks an invariant.
 */

const print = (text: string): void => {
  process.stdout.write(`${text}\n`);
};

async function run(options: SimOptions): Promise<boolean> {
  const totals = new Totals();
  const startedAt = process.hrtime.bigint();
  const seconds = (): number => Number(process.hrtime.bigint() - startedAt) / 1e9;
  for (let at = 0; at < options.seeds && seconds() < options.seconds; at += 1) {
    const seed = options.seed + at;
    const begun = process.cpuUsage();
    const trace = options.trace ? print : undefined;
    const result = await runSeed({ seed, nodeCount: options.nodes, trace });
    const { user, system } = process.cpuUsage(begun);
    const cpuMs = (user + system) / 1_000;
    totals.add(result, cpuMs);
    if (options.verbose || options.seeds === 1) print(describeRun(result, cpuMs));
    if (result.violation === undefined) continue;
    await reportFailure(result, options, print);
    return false;
  }
  print(totals.describe());
  return true;
}

try {
  const passed = await run(parseOptions(process.argv.slice(2)));
  if (!passed) process.exitCode = 1;
} catch (error) {
  const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
  process.stderr.write(`fencepost sim: ${message}\n\n${usage}`);
  process.exitCode = 1;
}
