import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { assert } from '../../src/base/assert.ts';
import type { Raft } from '../../src/raft/raft.ts';

/** One change of the source that brings a known bug into the core. */
export interface Edit {
  readonly file: string;
  /** Stands exactly once in the file; a core that changed makes the mutant fail loudly. */
  readonly find: string;
  readonly replace: string;
}

export interface Mutant {
  /** The class in `mutants/classes.ts`, or the clause of the thesis, and what is broken. */
  readonly name: string;
  readonly edits: readonly Edit[];
  /** Where a rare one was caught; tried first, then all the others. */
  readonly seed?: number;
}

/** Builds the core with the edits of `mutant`, gives it to `use`, and removes it again. */
export async function withMutant<Result>(
  mutant: Mutant,
  use: (Core: typeof Raft) => Result,
): Promise<Result> {
  const folder = mkdtempSync(join(tmpdir(), 'fencepost-mutant-'));
  try {
    const source = new URL('../../src/', import.meta.url);
    for (const name of ['base', 'raft']) {
      cpSync(new URL(name, source), join(folder, name), { recursive: true });
    }
    for (const edit of mutant.edits) applyEdit(join(folder, 'raft', edit.file), edit);
    const url = pathToFileURL(join(folder, 'raft', 'raft.ts')).href;
    const built: { readonly Raft: typeof Raft } = await import(/* @vite-ignore */ url);
    return use(built.Raft);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function applyEdit(path: string, edit: Edit): void {
  const text = readFileSync(path, 'utf8');
  const parts = text.split(edit.find);
  assert(parts.length === 2, `"${edit.find}" stands ${parts.length - 1} times in ${edit.file}`);
  writeFileSync(path, parts.join(edit.replace));
}
