import { type ErrorReply, error, type Reply } from '../resp/reply.ts';

/**
 * What became of a command whose outcome cannot come any more.
 *
 * - `dropped`: it changed nothing that others may see, and never will.
 * - `unknown`: its entry may be committed or not, by another leader.
 * - `late`: the same, and nobody should wait longer.
 * - `failed`: the same, and this node serves nobody any more.
 */
export type Loss = 'dropped' | 'unknown' | 'late' | 'failed';

/** Who waits for a partition: for a commit, or for a read round. */
export interface Waiter {
  release(): void;
  lose(loss: Loss, reason: string): void;
}

/** Decides what takes the place of a lost outcome. */
export interface LossListener {
  lost(loss: Loss, reason: string): void;
}

/** The reply to a command of which nobody knows whether it took effect. */
export function uncertain(reason: string): ErrorReply {
  return error(`UNCERTAIN ${reason}; the command may or may not have taken effect`);
}

/**
 * A command's reply on its way to the session: known as soon as the command has run, and ready
 * when nothing that it was computed from can be lost any more. Sessions write outcomes in the
 * order of their requests, each only once it is ready.
 */
export class Outcome implements Waiter {
  #reply: Reply;
  #waitCount: number;
  #listener: (() => void) | undefined;
  #lossListener: LossListener | undefined;
  #lost = false;

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

  /** Asks `listener`, once, if the outcome is lost; without one the reply says `UNCERTAIN`. */
  onLoss(listener: LossListener): void {
    this.#lossListener = listener;
  }

  /** One of the things it waited for has come. */
  release(): void {
    if (this.#waitCount === 0) return;
    this.#waitCount -= 1;
    if (this.#waitCount === 0) this.#tell();
  }

  /** Another reply takes the place, and it is ready. */
  replace(reply: Reply): void {
    if (this.#waitCount === 0) return;
    this.#reply = reply;
    this.#waitCount = 0;
    this.#tell();
  }

  /** One of the things it waited for will not come. What else it waits for matters no more. */
  lose(loss: Loss, reason: string): void {
    if (this.#waitCount === 0 || this.#lost) return;
    this.#lost = true;
    if (this.#lossListener === undefined) this.replace(uncertain(reason));
    else this.#lossListener.lost(loss, reason);
  }

  #tell(): void {
    const listener = this.#listener;
    this.#listener = undefined;
    listener?.();
  }
}

/**
 * Stands for the outcome in a partition whose loss alone does not tell that the command changed
 * nothing: it ran in another one, too.
 */
export function unsure(outcome: Outcome): Waiter {
  return {
    release: () => outcome.release(),
    lose: (loss, reason) => outcome.lose(loss === 'dropped' ? 'unknown' : loss, reason),
  };
}
