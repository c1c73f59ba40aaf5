import { runProgram } from '../harness/program.ts';
import { type ChaosOptions, parseOptions, usage } from './options.ts';
import { runChaos } from './run.ts';
import { concludeFrom, describeVerdict } from './verdict.ts';

/*
 * `npm run chaos`: real processes under real faults, judged by what their clients saw. The tour:
 * `cluster` has the processes, `network` the links between them (`namespaces`, or `loopback` with
 * `link-proxy`), `volume` their disks; `faults` is the table of what is done to them; `workload`
 * makes `lane`s of operations; `campaign` runs the rounds; `judge` judges them, with the model in
 * checker and the books of `lateness`, `density` and `leadership-book`; `verdict` says what it is
 * worth. What one seed chooses is the same each time; what real processes do about it is not.
 */

async function run(options: ChaosOptions): Promise<boolean> {
  const verdict = await runChaos(options, (line) => process.stderr.write(`${line}\n`));
  process.stdout.write(`${describeVerdict(verdict)}\n`);
  if (concludeFrom(verdict) === 'passed') return true;
  const names = options.faults.map(({ name }) => name).join(',');
  const { nodes, partitions, seed } = options;
  const again = `--nodes ${nodes} --partitions ${partitions} --seed ${seed}`;
  process.stdout.write(`again: npm run chaos -- ${again} --faults ${names}\n`);
  return false;
}

await runProgram({
  name: 'chaos',
  usage,
  parseOptions: (args) => parseOptions(args, Math.floor(Math.random() * 2 ** 32)),
  run,
});
