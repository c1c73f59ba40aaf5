import { spawnSync } from 'node:child_process';
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Edit, type Mutant, mutants } from './mutants.ts';

/** Where this program was compiled to: `sim/` and `src/`. */
const built = fileURLToPath(new URL('..', import.meta.url));
const copied = ['sim', 'src'];

/**
 * Runs this program again from a copy of itself, into which a known bug was edited. Nothing of it
 * is ever in `src`, nor in what is published.
 *
 * @returns whether the run ended as it must: with the bug caught
 */
export function runMutated(name: string, args: readonly string[]): boolean {
  const mutant = mutants.find((each) => each.name === name);
  if (mutant === undefined) {
    const known = mutants.map((each) => `\n  ${each.name}: ${each.breaks}`).join('');
    throw new RangeError(`there is no mutant ${name}; there are${known}`);
  }
  const folder = join(built, 'mutants', name);
  try {
    for (const part of copied) cpSync(join(built, part), join(folder, part), { recursive: true });
    applyMutant(mutant, folder);
    const main = join(folder, 'sim', 'main.js');
    const others = withoutMutant(args);
    const { status } = spawnSync(process.execPath, [main, ...others], { stdio: 'inherit' });
    const caught = status !== 0;
    process.stdout.write(
      `mutant ${name} (${mutant.breaks}): ${caught ? 'caught' : 'NOT CAUGHT'}\n`,
    );
    return caught;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Edits the compiled code below `folder`. */
export function applyMutant(mutant: Mutant, folder: string): void {
  for (const edit of mutant.edits) applyEdit(join(folder, 'src', edit.file), edit);
}

function applyEdit(file: string, edit: Edit): void {
  const text = readFileSync(file, 'utf8');
  const parts = text.split(edit.find);
  if (parts.length !== 2) {
    throw new RangeError(`"${edit.find}" stands ${parts.length - 1} times in ${edit.file}`);
  }
  writeFileSync(file, parts.join(edit.replace));
}

function withoutMutant(args: readonly string[]): readonly string[] {
  const at = args.findIndex((each) => each === '--mutant' || each.startsWith('--mutant='));
  if (at === -1) return args;
  return args.toSpliced(at, args[at] === '--mutant' ? 2 : 1);
}
