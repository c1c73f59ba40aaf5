import { readFileSync } from 'node:fs';
import { register } from 'node:module';
import { argv, cpuUsage, hrtime, stdout } from 'node:process';
import type { CatcherOptions } from './catcher.ts';
import { compiledPath, type Edit, findStale } from './mutant.ts';

/** What one process is to look for. */
export interface HuntOrder {
  /** None: the code as it is, of which nothing may be caught. */
  readonly edits: readonly Edit[];
  readonly options: CatcherOptions;
  /** Seeds are tried in rising order, this many from the first on. */
  readonly firstSeed: number;
  readonly seeds: number;
  /** Processor time after which no further seed begins. */
  readonly seconds: number;
}

/** What a run of one seed showed. */
export interface SeedRun {
  readonly invariant: string | undefined;
  readonly message: string;
  readonly simulatedMs: number;
}

export type HuntResult =
  | {
      readonly kind: 'caught';
      readonly seed: number;
      readonly invariant: string;
      readonly message: string;
      /** Of the run that caught it. */
      readonly simulatedMs: number;
      /** Of all runs. */
      readonly wallMs: number;
      readonly cpuMs: number;
      readonly seeds: number;
    }
  | { readonly kind: 'survived'; readonly cpuMs: number; readonly seeds: number }
  | { readonly kind: 'stale'; readonly reason: string };

const root = new URL('..', import.meta.url);

async function hunt(order: HuntOrder): Promise<HuntResult> {
  const { edits } = order;
  for (const edit of edits) {
    const text = readFileSync(new URL(compiledPath(edit), root), 'utf8');
    const reason = findStale(text, edit);
    if (reason !== undefined) return { kind: 'stale', reason };
  }
  if (edits.length > 0) {
    register('./edit-hook.js', { parentURL: import.meta.url, data: { edits, root: root.href } });
  }
  // Only now: what these import is what is edited.
  const { openCatcher } = await import('./catcher.ts');
  const runSeed = await openCatcher(order.options);
  const begunAt = hrtime.bigint();
  const begun = cpuUsage();
  const spentMs = (): number => {
    const { user, system } = cpuUsage(begun);
    return (user + system) / 1000;
  };
  let seeds = 0;
  for (let seed = order.firstSeed; seed < order.firstSeed + order.seeds; seed += 1) {
    if (spentMs() > order.seconds * 1000) break;
    const run = await runSeed(seed);
    if (run === undefined) continue;
    seeds += 1;
    const { invariant, message, simulatedMs } = run;
    if (invariant === undefined) continue;
    const wallMs = Number(hrtime.bigint() - begunAt) / 1e6;
    return {
      kind: 'caught',
      seed,
      invariant,
      message,
      simulatedMs,
      wallMs,
      cpuMs: spentMs(),
      seeds,
    };
  }
  return { kind: 'survived', cpuMs: spentMs(), seeds };
}

// `as`: written by `hunters.ts` from this very type.
const order = JSON.parse(argv[2] ?? '') as HuntOrder;
stdout.write(`${JSON.stringify(await hunt(order))}\n`);
