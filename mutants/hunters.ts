import { execFile } from 'node:child_process';
import { execPath } from 'node:process';
import { fileURLToPath } from 'node:url';
import type { CatcherOptions } from './catcher.ts';
import type { HuntOrder, HuntResult } from './hunt.ts';
import type { Mutant } from './mutant.ts';

export type Finding =
  | (Extract<HuntResult, { kind: 'caught' }> & {
      /** Seeds that the code as it is does not pass either, so that they prove nothing. */
      readonly unfit: readonly number[];
    })
  | { readonly kind: 'survived'; readonly seeds: number; readonly unfit: readonly number[] }
  | { readonly kind: 'stale' | 'failed'; readonly reason: string };

export interface SearchOptions {
  /** Processor time for one mutant. */
  readonly seconds: number;
  /** Instead of the one in the table. */
  readonly seed: number | undefined;
}

const huntProgram = fileURLToPath(new URL('hunt.js', import.meta.url));
/** Wall time for each second of processor time, on a machine that does other things as well. */
const patience = 30;
const seedsMax = 100_000;

/**
 * Looks for the first seed, in rising order, at which the mutant breaks an invariant that the code
 * as it is keeps at the same seed.
 */
export class Hunters {
  readonly #controls = new Map<string, Promise<boolean>>();

  async search(mutant: Mutant, options: SearchOptions): Promise<Finding> {
    const unfit: number[] = [];
    let firstSeed = options.seed ?? mutant.seed ?? 1;
    let leftMs = options.seconds * 1000;
    let seeds = 0;
    let wallMs = 0;
    while (leftMs > 0) {
      const limits = { firstSeed, seeds: seedsMax, seconds: leftMs / 1000 };
      const result = await hunt({ edits: mutant.edits, options: mutant, ...limits });
      if (result.kind === 'stale' || result.kind === 'failed') return result;
      seeds += result.seeds;
      leftMs -= result.cpuMs;
      if (result.kind === 'survived') break;
      wallMs += result.wallMs;
      const cpuMs = options.seconds * 1000 - leftMs;
      if (await this.#passes(mutant, result.seed)) {
        return { ...result, wallMs, cpuMs, seeds, unfit };
      }
      unfit.push(result.seed);
      firstSeed = result.seed + 1;
    }
    return { kind: 'survived', seeds, unfit };
  }

  /** Whether the code as it is passes the seed. */
  #passes(options: CatcherOptions, seed: number): Promise<boolean> {
    const name = `${options.catcher} ${options.nodes} ${seed}`;
    const known = this.#controls.get(name);
    if (known !== undefined) return known;
    const limits = { firstSeed: seed, seeds: 1, seconds: 60 };
    const passes = hunt({ edits: [], options, ...limits }).then(({ kind }) => kind === 'survived');
    this.#controls.set(name, passes);
    return passes;
  }
}

type Ended = HuntResult | { readonly kind: 'failed'; readonly reason: string };

/** One process, because code that was loaded cannot be taken back. */
function hunt(order: HuntOrder): Promise<Ended> {
  const timeout = Math.ceil((order.seconds + 30) * 1000 * patience);
  const options = { timeout, killSignal: 'SIGKILL', maxBuffer: 2 ** 26 } as const;
  return new Promise((resolve) => {
    execFile(execPath, [huntProgram, JSON.stringify(order)], options, (error, told, errors) => {
      if (error !== null) {
        const reason = error.killed === true ? 'it never ends' : errors || error.message;
        return resolve({ kind: 'failed', reason: reason.slice(0, reasonCharsMax) });
      }
      // `as`: the one line that `hunt.ts` writes, of this very type.
      resolve(JSON.parse(told) as HuntResult);
    });
  });
}

const reasonCharsMax = 2000;
