import { assert } from '../base/assert.ts';
import { type HardState, NOBODY, type ReplicaId, type Term } from './types.ts';

/**
 * The term and the vote, and whether the disk has them (thesis 3.8: "updated on stable storage
 * before responding to RPCs"). The two only move forward: to a higher term without a vote, or
 * within one term from no vote to a vote; so a value never comes back and an acknowledgement
 * can only be for the value it names.
 */
export class HardStateRecord {
  #current: HardState;
  #isDurable = true;
  #isTaken = true;

  /** @param recovered what the disk held at the start */
  constructor(recovered: HardState) {
    assert(recovered.term >= 0, 'a term is not negative');
    this.#current = { term: recovered.term, votedFor: recovered.votedFor };
  }

  get term(): Term {
    return this.#current.term;
  }

  get votedFor(): ReplicaId {
    return this.#current.votedFor;
  }

  /** Whether the disk has the current term and vote: only then may messages leave. */
  get isDurable(): boolean {
    return this.#isDurable;
  }

  get hasUntaken(): boolean {
    return !this.#isTaken;
  }

  enterTerm(term: Term): void {
    assert(term > this.#current.term, 'a new term is higher than the one before');
    this.#change({ term, votedFor: NOBODY });
  }

  voteFor(candidate: ReplicaId): void {
    assert(candidate !== NOBODY, 'a vote is for somebody');
    if (this.#current.votedFor === candidate) return;
    assert(this.#current.votedFor === NOBODY, 'a replica votes once a term');
    this.#change({ term: this.#current.term, votedFor: candidate });
  }

  /** What is to be written, once for each change. */
  take(): HardState | undefined {
    if (this.#isTaken) return undefined;
    this.#isTaken = true;
    return this.#current;
  }

  /** The disk has `saved`. True if that made the current value durable. */
  acknowledge(saved: HardState): boolean {
    assert(saved.term <= this.#current.term, 'the disk does not know a term of the future');
    if (this.#isDurable || !this.#isTaken) return false;
    if (saved.term !== this.#current.term || saved.votedFor !== this.#current.votedFor) {
      return false;
    }
    this.#isDurable = true;
    return true;
  }

  #change(next: HardState): void {
    this.#current = next;
    this.#isDurable = false;
    this.#isTaken = false;
  }
}
