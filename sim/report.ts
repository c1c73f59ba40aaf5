import type { SimOptions } from './options.ts';
import { type RunCounts, type RunResult, runSeed } from './run.ts';

/** Lines of the trace that a failure report shows: what came last. */
const tracedLines = 400;

/** One line about a run. */
export function describeRun({ seed, hash, profile, counts, gaps }: RunResult): string {
  const proven = gaps.length === 0 ? '' : `; proves nothing: ${gaps.join(', ')}`;
  return (
    `seed ${seed}: ${profile.nodeCount} nodes, ${Math.round(counts.simulatedMs / 1000)} s, ` +
    `${counts.events} events, ${counts.faults} faults, ` +
    `${counts.leaders} leaders, ${counts.committed} entries, ${counts.done} of ` +
    `${counts.requests} requests done, ${counts.reads} reads, hash ${hash}${proven}`
  );
}

/** Runs the seed again and shows what led to the violation. */
export async function reportFailure(
  result: RunResult,
  options: SimOptions,
  print: (line: string) => void,
): Promise<void> {
  const { seed, violation, hash } = result;
  const lines: string[] = [];
  if (!options.trace) {
    const trace = (line: string): void => {
      lines.push(line);
      if (lines.length > 2 * tracedLines) lines.splice(0, tracedLines);
    };
    const again = await runSeed({ seed, nodeCount: options.nodes, trace });
    if (again.hash !== hash) lines.push(`the repetition differs: ${again.hash} is not ${hash}`);
  }
  for (const line of lines.slice(-tracedLines)) print(line);
  print(`\nseed ${seed} breaks: ${violation?.message ?? 'nothing'}`);
  const nodes = options.nodes === undefined ? '' : ` --nodes ${options.nodes}`;
  print(`again with: npm run sim -- --seed ${seed}${nodes} --trace`);
}

/** The sum over all seeds. */
export class Totals {
  readonly #faults = new Map<string, number>();
  readonly #gaps = new Map<string, number>();
  #counts: Map<keyof RunCounts, number> = new Map();
  #seedCount = 0;
  #failedCount = 0;
  #provingCount = 0;

  add(result: RunResult): void {
    this.#seedCount += 1;
    if (result.violation !== undefined) this.#failedCount += 1;
    if (result.gaps.length === 0) this.#provingCount += 1;
    for (const gap of result.gaps) this.#gaps.set(gap, (this.#gaps.get(gap) ?? 0) + 1);
    for (const [kind, count] of result.faultsByKind) {
      this.#faults.set(kind, (this.#faults.get(kind) ?? 0) + count);
    }
    // `as`: the keys of an object of this type.
    for (const name of Object.keys(result.counts) as (keyof RunCounts)[]) {
      this.#counts.set(name, this.#get(name) + result.counts[name]);
    }
  }

  /** Whether any of the runs proves anything. */
  get proves(): boolean {
    return this.#provingCount > 0;
  }

  /** @param cpuMs the processor time that all of it took */
  describe(cpuMs: number): string {
    const simulatedMs = this.#get('simulatedMs');
    const hours = (simulatedMs / 3_600_000).toFixed(1);
    const seconds = (cpuMs / 1000).toFixed(1);
    const faults = [...this.#faults].sort().map(([kind, count]) => `${kind} ${count}`);
    const counts = [...this.#counts]
      .filter(([name]) => name !== 'simulatedMs')
      .map(([name, count]) => `${name} ${Math.round(count)}`);
    const lines = [
      `${this.#seedCount} seeds, ${hours} simulated hours in ${seconds} s of processor time ` +
        `(${Math.round(simulatedMs / cpuMs)}x real time a core), ` +
        `${this.#failedCount === 0 ? 'no violation' : `violations in ${this.#failedCount}`}`,
      counts.join(', '),
      `faults: ${faults.join(', ')}`,
    ];
    if (this.#gaps.size > 0) {
      const gaps = [...this.#gaps].map(([gap, count]) => `${gap} in ${count}`).join(', ');
      lines.push(`${this.#provingCount} seeds prove something; ${gaps}`);
    }
    if (!this.proves) lines.push('THIS RUN PROVES NOTHING');
    return lines.join('\n');
  }

  #get(name: keyof RunCounts): number {
    return this.#counts.get(name) ?? 0;
  }
}
