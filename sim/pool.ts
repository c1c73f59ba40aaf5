import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { SimOptions } from './options.ts';
import { type RunResult, runSeed } from './run.ts';
import type { WorkerRequest } from './worker.ts';

/** Which seeds are run, and who is told of each; a failed one ends the run. */
export interface Schedule {
  /** The next seed; undefined: enough. */
  next(): number | undefined;
  /** False: nothing more is to be run. */
  done(result: RunResult): boolean;
}

/** Runs seeds one after the other here, or on as many threads as there are jobs. */
export async function runSeeds(options: SimOptions, schedule: Schedule): Promise<void> {
  if (options.jobs > 1) {
    const lanes = Array.from({ length: options.jobs }, () => runLane(options, schedule));
    await Promise.all(lanes);
    return;
  }
  const trace = options.trace ? console.log : undefined;
  for (let seed = schedule.next(); seed !== undefined; seed = schedule.next()) {
    const result = await runSeed({ seed, nodeCount: options.nodes, trace });
    if (!schedule.done(result)) return;
  }
}

async function runLane(options: SimOptions, schedule: Schedule): Promise<void> {
  const worker = new Worker(new URL('./worker.js', import.meta.url));
  try {
    for (let seed = schedule.next(); seed !== undefined; seed = schedule.next()) {
      const request: WorkerRequest = { seed, nodeCount: options.nodes };
      worker.postMessage(request);
      // `as`: the worker answers every request with the result of its run.
      const [result] = (await once(worker, 'message')) as [RunResult];
      if (!schedule.done(result)) return;
    }
  } finally {
    await worker.terminate();
  }
}
