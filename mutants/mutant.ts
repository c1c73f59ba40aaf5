import type { FaultKind } from '../sim/profile.ts';

/** One change of the compiled code that is part of a known bug. */
export interface Edit {
  /** The source file below the repository: `src/raft/log.ts`. */
  readonly file: string;
  /** Stands exactly once in what the file compiles to; a mutant whose code has moved is stale. */
  readonly from: string;
  readonly to: string;
}

/** Who looks for the bug: the simulator, or chance over the core of Raft alone. */
export type Catcher = 'simulator' | 'core';

/** A known bug, brought back at the place where it would live here. */
export interface Mutant {
  /** The id of its class, with a letter where that comes back in several ways; else some words. */
  readonly name: string;
  /**
   * The class of `classes.ts` that it stands for: `npm run mutants` hunts it and lists it. One
   * without is finer: it breaks a single rule, which `breaks` names, and only tests hunt it.
   */
  readonly classId?: string;
  /** What is broken, in a few words. */
  readonly breaks: string;
  readonly edits: readonly Edit[];
  /** Absent: the simulator. */
  readonly catcher?: Catcher;
  /** Nodes of the simulated cluster; absent: each seed draws them. */
  readonly nodes?: number;
  /** Faults without which the bug cannot show: seeds that draw others are passed over. */
  readonly needs?: readonly FaultKind[];
  /** The first seed: one below which a rare bug was not caught, found once by a longer search. */
  readonly seed?: number;
}

/** A class of bugs that real consensus systems have shipped. */
export interface BugClass {
  /** `B4`. */
  readonly id: string;
  readonly title: string;
  /** Why the class cannot exist here; then it needs no mutant. */
  readonly impossible?: string;
}

/** Below the folder of the compiled program: what `src/raft/log.ts` was compiled to. */
export function compiledPath({ file }: Pick<Edit, 'file'>): string {
  return file.replace(/\.ts$/, '.js');
}

/** Why the mutant cannot be built from this code; undefined: it can. */
export function findStale(text: string, edit: Edit): string | undefined {
  const count = text.split(edit.from).length - 1;
  return count === 1 ? undefined : `"${edit.from}" stands ${count} times in ${edit.file}`;
}

/** @throws RangeError if the edit is stale */
export function applyEdit(text: string, edit: Edit): string {
  const stale = findStale(text, edit);
  if (stale !== undefined) throw new RangeError(stale);
  return text.split(edit.from).join(edit.to);
}
