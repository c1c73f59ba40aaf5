import { type EtcdJob, runEtcd } from './etcd-load.ts';
import { type FillJob, runFill } from './fill.ts';
import { type LoadJob, runLoad } from './load.ts';
import type { LoadResult } from './load-result.ts';
import { type QuorumJob, runQuorum } from './quorum-load.ts';
import { type RedlockJob, runRedlock } from './redlock-load.ts';

/*
 * The process that makes the load, apart from the servers and from the one that reports. It stays
 * the same for the whole run, so that its code is warm before the first measurement counts.
 */

/** A measurement, by the way in which its clients take locks. */
export type LoadRequest =
  | { readonly kind: 'load'; readonly job: LoadJob }
  | { readonly kind: 'quorum'; readonly job: QuorumJob }
  | { readonly kind: 'redlock'; readonly job: RedlockJob }
  | { readonly kind: 'etcd'; readonly job: EtcdJob };

export type Request = LoadRequest | { readonly kind: 'fill'; readonly job: FillJob };

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
    if (request.kind !== 'fill') return { kind: 'result', result: await measure(request) };
    await runFill(request.job);
    return { kind: 'filled' };
  } catch (error) {
    return { kind: 'failed', message: error instanceof Error ? error.message : String(error) };
  }
}

async function measure(request: LoadRequest): Promise<LoadResult> {
  switch (request.kind) {
    case 'load':
      return await runLoad(request.job);
    case 'quorum':
      return await runQuorum(request.job);
    case 'redlock':
      return await runRedlock(request.job);
    case 'etcd':
      return await runEtcd(request.job);
  }
}
