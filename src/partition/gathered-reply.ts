import type { ErrorReply, Reply } from '../resp/reply.ts';
import { NONE } from '../resp/reply.ts';
import { uncertain } from './outcome.ts';

/** Collects the replies of several partitions, which come in any order. */
export class Gathering {
  readonly #replies: Reply[];
  readonly #complete: (replies: readonly Reply[]) => void;
  #missingCount: number;

  constructor(count: number, complete: (replies: readonly Reply[]) => void) {
    this.#replies = Array.from({ length: count }, () => NONE);
    this.#missingCount = count;
    this.#complete = complete;
  }

  /** The reply of one of them; each comes once. */
  add(at: number, reply: Reply): void {
    this.#replies[at] = reply;
    this.#missingCount -= 1;
    if (this.#missingCount === 0) this.#complete(this.#replies);
  }
}

/**
 * The error that answers for all, if any partition answered with one. A change that only some
 * partitions may have made is uncertain as a whole.
 */
export function errorAmong(replies: readonly Reply[], changes: boolean): ErrorReply | undefined {
  const errors = replies.filter((reply) => reply.kind === 'error');
  const [first] = errors;
  if (first === undefined) return undefined;
  const unclear = errors.find(({ text }) => text.startsWith('UNCERTAIN '));
  if (unclear !== undefined) return unclear;
  const down = errors.find(({ text }) => text.startsWith('CLUSTERDOWN '));
  if (down === undefined || !changes || errors.length === replies.length) return down ?? first;
  return uncertain('not every partition had a leader');
}
