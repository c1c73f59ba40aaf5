import { readFileSync, writeFileSync } from 'node:fs';
import { runProgram } from '../harness/program.ts';
import { classMutants, mutants } from './all-mutants.ts';
import { classes } from './classes.ts';
import { Hunters } from './hunters.ts';
import type { Mutant } from './mutant.ts';
import { type MutantOptions, parseOptions, usage } from './options.ts';
import { describeFinding, isCaught, type Outcome, tableOf, withTable } from './table.ts';

/*
 * `npm run mutants`: brings every class of bugs that real systems shipped back into our code, one
 * at a time, and shows which seed catches it by which invariant. What survives is a failure.
 */

const print = (text: string): void => {
  process.stdout.write(`${text}\n`);
};

const readme = 'test/README.md';

async function run(options: MutantOptions): Promise<boolean> {
  const chosen = chosenMutants(options.only);
  if (chosen.length === 0) throw new RangeError(`there is no mutant ${options.only.join(', ')}`);
  const hunters = new Hunters();
  const outcomes: Outcome[] = [];
  const waiting = [...chosen];
  const startedAt = process.hrtime.bigint();
  const work = async (): Promise<void> => {
    for (;;) {
      const next = waiting.shift();
      if (next === undefined) return;
      const mutant = options.catcher === undefined ? next : { ...next, catcher: options.catcher };
      const finding = await hunters.search(mutant, options);
      outcomes.push({ mutant, finding });
      print(describeFinding({ mutant, finding }));
    }
  };
  await Promise.all(Array.from({ length: options.jobs }, work));
  const seconds = Number(process.hrtime.bigint() - startedAt) / 1e9;
  const order = chosen.map(({ name }) => name);
  outcomes.sort(
    (left, right) => order.indexOf(left.mutant.name) - order.indexOf(right.mutant.name),
  );
  if (options.only.length > 0) return outcomes.every(isCaught);
  const table = tableOf(classes, outcomes, seconds);
  print(`\n${table.text}`);
  if (options.write) writeFileSync(readme, withTable(readReadme(), table.text));
  return table.complete;
}

function chosenMutants(only: readonly string[]): readonly Mutant[] {
  if (only.length === 0) return classMutants;
  return mutants.filter(({ name, classId = '' }) => only.includes(name) || only.includes(classId));
}

function readReadme(): string {
  try {
    return readFileSync(readme, 'utf8');
  } catch {
    return '# Tests\n';
  }
}

await runProgram({ name: 'mutants', usage, parseOptions, run });
