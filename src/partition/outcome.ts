import type { Reply } from '../resp/reply.ts';

/**
 * A command's reply on its way to the session: known as soon as the command has run, and ready
 * when nothing that it was computed from can be lost any more. Sessions write outcomes in the
 * order of their requests, each only once it is ready.
 */
export class Outcome {
  #reply: Reply;
  #waitCount: number;
  #listener: (() => void) | undefined;

  /** @param waitCount how many `release` calls make it ready: one a partition that it touched */
  constructor(reply: Reply, waitCount = 0) {
    this.#reply = reply;
    this.#waitCount = waitCount;
  }

  get ready(): boolean {
    return this.#waitCount === 0;
  }

  /** What is to be written; final once `ready`. */
  get reply(): Reply {
    return this.#reply;
  }

  /** Calls `listener` once, when the outcome becomes ready; never within this call. */
  onReady(listener: () => void): void {
    this.#listener = listener;
  }

  /** One of the things it waited for has come. */
  release(): void {
    if (this.#waitCount === 0) return;
    this.#waitCount -= 1;
    if (this.#waitCount === 0) this.#tell();
  }

  /** It will never be known whether the command took effect: another reply takes the place. */
  replace(reply: Reply): void {
    if (this.#waitCount === 0) return;
    this.#reply = reply;
    this.#waitCount = 0;
    this.#tell();
  }

  #tell(): void {
    const listener = this.#listener;
    this.#listener = undefined;
    listener?.();
  }
}
