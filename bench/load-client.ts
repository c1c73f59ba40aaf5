import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { FillJob } from './fill.ts';
import type { Answer, LoadRequest, Request } from './load-process.ts';
import type { LoadResult } from './load-result.ts';

/** The load process, seen from the one that reports: one job at a time. */
export class LoadClient {
  readonly #child: ChildProcess;

  constructor() {
    this.#child = fork(fileURLToPath(new URL('load-process.js', import.meta.url)));
  }

  async measure(request: LoadRequest): Promise<LoadResult> {
    const answer = await this.#ask(request);
    if (answer.kind !== 'result') throw new Error('the load process measured nothing');
    return answer.result;
  }

  async fill(job: FillJob): Promise<void> {
    await this.#ask({ kind: 'fill', job });
  }

  close(): void {
    this.#child.disconnect();
  }

  async #ask(request: Request): Promise<Answer> {
    const answer = await new Promise<Answer>((resolve, reject) => {
      const onExit = (): void => reject(new Error('the load process ended'));
      this.#child.once('exit', onExit);
      this.#child.once('message', (message: Answer) => {
        this.#child.removeListener('exit', onExit);
        resolve(message);
      });
      this.#child.send(request);
    });
    if (answer.kind === 'failed') throw new Error(answer.message);
    return answer;
  }
}
