import { parentPort } from 'node:worker_threads';
import { runSeed } from './run.ts';

/** What a worker is asked for: one seed at a time. */
export interface WorkerRequest {
  readonly seed: number;
  readonly nodeCount: number | undefined;
}

parentPort?.on('message', ({ seed, nodeCount }: WorkerRequest) => {
  void runSeed({ seed, nodeCount, trace: undefined }).then((result) => {
    parentPort?.postMessage(result);
  });
});
