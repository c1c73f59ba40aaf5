import { type ErrorReply, error, type Reply } from '../resp/reply.ts';
import type { Work } from './forwarded.ts';
import { type Loss, type LossListener, uncertain } from './outcome.ts';

export const NO_LEADER = error('CLUSTERDOWN The partition of the key has no leader');

/** What a node does with commands whose outcome was lost. */
export interface PendingOwner {
  /** It certainly did not take effect: it waits again, in its old place. */
  again(pending: Pending): void;
  /** It is answered and waits no more. */
  settled(pending: Pending): void;
}

export interface PendingOptions {
  readonly work: Work;
  /** Whether a second run does no harm, see `repetition.ts`. */
  readonly repeatable: boolean;
  /** Whether it may leave anything behind. */
  readonly changes: boolean;
  /** Its place among the commands of this node. */
  readonly sequence: number;
  readonly deadlineMs: number;
  readonly owner: PendingOwner;
  readonly complete: (reply: Reply) => void;
}

/**
 * A command of this node that waits for a leader, or for a leader's answer. It is answered exactly
 * once: by its reply, or by an error that says whether it may have taken effect.
 */
export class Pending implements LossListener {
  readonly work: Work;
  readonly sequence: number;
  readonly deadlineMs: number;
  readonly bytes: number;
  readonly #repeatable: boolean;
  readonly #changes: boolean;
  readonly #owner: PendingOwner;
  readonly #complete: (reply: Reply) => void;
  #mayHaveRun = false;
  #done = false;

  constructor(options: PendingOptions) {
    this.work = options.work;
    this.sequence = options.sequence;
    this.deadlineMs = options.deadlineMs;
    this.bytes = bytesOfWork(options.work);
    this.#changes = options.changes;
    this.#owner = options.owner;
    this.#complete = options.complete;
    this.#repeatable = options.repeatable;
  }

  get done(): boolean {
    return this.#done;
  }

  finish(reply: Reply): void {
    if (this.#done) return;
    this.#done = true;
    this.#owner.settled(this);
    this.#complete(reply);
  }

  /** It certainly did not run this time. */
  didNotRun(): void {
    if (!this.#done) this.#owner.again(this);
  }

  /** Nobody knows whether it ran. */
  unknown(reason: string): void {
    if (this.#done) return;
    this.#mayHaveRun = true;
    if (this.#repeatable) this.#owner.again(this);
    else this.finish(this.#changes ? uncertain(reason) : NO_LEADER);
  }

  /** Its time is over, wherever it is. */
  late(sent: boolean): void {
    this.#mayHaveRun ||= sent;
    this.finish(this.#lateReply);
  }

  lost(loss: Loss, reason: string): void {
    switch (loss) {
      case 'dropped':
        return this.didNotRun();
      case 'unknown':
        return this.unknown(reason);
      case 'late':
        return this.late(true);
      default:
        return this.finish(uncertain(reason));
    }
  }

  get #lateReply(): ErrorReply {
    return this.#mayHaveRun && this.#changes ? uncertain('no leader answered in time') : NO_LEADER;
  }
}

/** About what a command takes in memory besides its arguments. */
const overheadBytes = 128;

function bytesOfWork(work: Work): number {
  switch (work.kind) {
    case 'command':
      return overheadBytes + lengthOf(work.args);
    case 'transaction':
      return work.queue.reduce((sum, { args }) => sum + lengthOf(args), overheadBytes);
    case 'watch':
      return overheadBytes + lengthOf(work.keys);
    default:
      return overheadBytes;
  }
}

function lengthOf(strings: readonly string[]): number {
  let bytes = 0;
  for (const each of strings) bytes += each.length;
  return bytes;
}
