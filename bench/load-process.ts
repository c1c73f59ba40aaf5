import { type FillJob, runFill } from './fill.ts';
import { type LoadJob, type LoadResult, runLoad } from './load.ts';

/*
 * The process that makes the load, apart from the servers and from the one that reports. It stays
 * the same for the whole run, so that its code is warm before the first measurement counts.
 */

export type Request =
  | { readonly kind: 'load'; readonly job: LoadJob }
  | { readonly kind: 'fill'; readonly job: FillJob };

export type Answer =
  | { readonly kind: 'result'; readonly result: LoadResult }
  | { readonly kind: 'filled' }
  | { readonly kind: 'failed'; readonly message: string };

process.on('message', (request: Request) => {
  void answer(request).then((reply) => process.send?.(reply));
});
process.on('disconnect', () => process.exit(0));

/** Never rejects, so that nothing but the answer has to be awaited. */
async function answer(request: Request): Promise<Answer> {
  try {
    if (request.kind === 'load') return { kind: 'result', result: await runLoad(request.job) };
    await runFill(request.job);
    return { kind: 'filled' };
  } catch (error) {
    return { kind: 'failed', message: error instanceof Error ? error.message : String(error) };
  }
}
