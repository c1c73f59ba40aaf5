import type { LoadFnOutput, LoadHookContext } from 'node:module';
import { applyEdit, compiledPath, type Edit } from './mutant.ts';

/*
 * The hook of the module loader through which the code of a mutant comes into one process, and into
 * no file: what `src/` holds, and what is published, knows of no mutant.
 */

let edits: readonly Edit[] = [];
let root = '';

/** @param given the edits, and the URL of the folder in which the compiled `src/` lies */
export function initialize(given: {
  readonly edits: readonly Edit[];
  readonly root: string;
}): void {
  edits = given.edits;
  root = given.root;
}

export async function load(
  url: string,
  context: LoadHookContext,
  nextLoad: (url: string, context: LoadHookContext) => LoadFnOutput | Promise<LoadFnOutput>,
): Promise<LoadFnOutput> {
  const loaded = await nextLoad(url, context);
  const own = edits.filter((edit) => url === new URL(compiledPath(edit), root).href);
  if (own.length === 0) return loaded;
  let text = String(loaded.source);
  for (const edit of own) text = applyEdit(text, edit);
  return { ...loaded, source: text };
}
