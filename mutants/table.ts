import type { Finding } from './hunters.ts';
import type { BugClass, Mutant } from './mutant.ts';

export interface Outcome {
  readonly mutant: Mutant;
  readonly finding: Finding;
}

export function isCaught({ finding }: Outcome): boolean {
  return finding.kind === 'caught';
}

/** One line for the terminal. */
export function describeFinding({ mutant, finding }: Outcome): string {
  const { name, breaks, catcher = 'simulator' } = mutant;
  const head = `${name} (${breaks}):`;
  switch (finding.kind) {
    case 'caught': {
      const { seed, invariant, seeds, wallMs, cpuMs } = finding;
      const times = `${secondsOf(cpuMs)} s of processor time, ${secondsOf(wallMs)} s`;
      const spent = `${seeds} seeds, ${times}`;
      return `${head} caught by the ${catcher} at seed ${seed}: ${invariant} (${spent})`;
    }
    case 'survived': {
      const { seeds, unfit } = finding;
      return `${head} SURVIVED ${seeds} seeds${unfitText(unfit)}`;
    }
    case 'stale':
    case 'failed':
      return `${head} ${finding.kind.toUpperCase()}: ${finding.reason}`;
  }
}

function unfitText(unfit: readonly number[]): string {
  if (unfit.length === 0) return '';
  return `; the code as it is does not pass ${unfit.join(', ')}`;
}

/** The table of test/README.md, and whether each class is caught or cannot exist. */
export function tableOf(
  classes: readonly BugClass[],
  outcomes: readonly Outcome[],
  seconds: number,
): { readonly text: string; readonly complete: boolean } {
  const rows: string[] = [];
  let done = 0;
  for (const bug of classes) {
    const own = outcomes.filter(({ mutant }) => mutant.classId === bug.id);
    const shown = own.length > 0 && own.every(isCaught);
    if (shown || (own.length === 0 && bug.impossible !== undefined)) done += 1;
    if (own.length === 0) rows.push(`| ${bug.id} | ${bug.title} | ${bug.impossible} | | | | |`);
    for (const outcome of own) rows.push(rowOf(bug, outcome));
  }
  const lines = [
    `${done} of ${classes.length} classes of bugs are caught or cannot exist; ` +
      `${outcomes.filter(isCaught).length} of ${outcomes.length} mutants are caught, in ` +
      `${Math.round(seconds)} s.`,
    '',
    '| | class | what is broken | seed | invariant that caught it | simulated | wall |',
    '| --- | --- | --- | --- | --- | --- | --- |',
    ...rows,
  ];
  const complete = done === classes.length && outcomes.every(isCaught);
  return { text: lines.join('\n'), complete };
}

function rowOf({ title }: BugClass, { mutant, finding }: Outcome): string {
  const { name, breaks, catcher } = mutant;
  const head = `| ${name} | ${title} | ${breaks}`;
  if (finding.kind === 'stale') return `${head} | | STALE: ${finding.reason} | | |`;
  if (finding.kind !== 'caught') return `${head} | | **${finding.kind.toUpperCase()}** | | |`;
  const { seed, invariant, simulatedMs, wallMs, seeds } = finding;
  const simulated = catcher === 'core' ? 'core alone' : `${Math.round(simulatedMs / 1000)} s`;
  const nodes = mutant.nodes === undefined ? '' : ` (${mutant.nodes} nodes)`;
  const wall = `${secondsOf(wallMs)} s, ${seeds} seeds`;
  return `${head} | ${seed}${nodes} | ${invariant} | ${simulated} | ${wall} |`;
}

function secondsOf(ms: number): string {
  return (ms / 1000).toFixed(1);
}

const heading = '## Mutants';
const introduction = `
\`npm run mutants\` brings each class of bugs that real consensus systems shipped back into our
code, one at a time, and looks for the first seed at which a run breaks an invariant that the code
as it is keeps at the same seed. A mutant is an exact replacement in one process's compiled code:
\`src/\` holds no switch. One that survives, or whose code has moved, fails the command. The
simulator (\`sim\`) is the catcher, and chance over the core of Raft alone (\`sim/core\`) where
"core alone" stands. \`npm run mutants -- --only B4 --seed N\` repeats a line, \`npm run mutants --
--write\` this section. Finer ones, which break a single rule and are named in words, are hunted by
\`test/mutants\`; all are data in \`mutants/*-mutants.ts\`.
`;

/** The page with the section about mutants replaced, or added at its end. */
export function withTable(page: string, table: string): string {
  const section = `${heading}\n${introduction}\n${table}\n`;
  const at = page.indexOf(`${heading}\n`);
  if (at === -1) return `${page.trimEnd()}\n\n${section}`;
  const next = page.indexOf('\n## ', at + heading.length);
  const rest = next === -1 ? '' : page.slice(next);
  return `${page.slice(0, at)}${section}${rest}`;
}
