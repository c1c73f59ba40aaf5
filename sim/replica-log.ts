import {
  type Entry,
  type HardState,
  type Index,
  NOBODY,
  type ReplicaId,
  type Term,
} from '../src/raft/types.ts';
import type { Append } from '../src/store/store-port.ts';
import { check } from './violation.ts';

/** What a disk held when a process started from it. */
export interface RecoveredLog {
  readonly hardState: HardState | undefined;
  readonly baseIndex: number;
  readonly entries: readonly Entry[];
  /** Under which id the replica goes on. */
  readonly self: ReplicaId;
}

/**
 * The log of one replica as an observer rebuilds it from what the replica gave to its disk, and
 * what of it the disk has reported durable. It outlives the process: what was durable must be
 * there when the next one starts.
 */
export class ReplicaLog {
  /** Entries up to here are in a checkpoint only. */
  #baseIndex = 0;
  #terms: number[] = [];
  #durableIndex = 0;
  #durableTerm = 0;
  #durableVote = 0;
  /** A snapshot up to here is on its way to the disk: the log may begin after it. */
  #installingIndex = 0;

  get lastIndex(): number {
    return this.#baseIndex + this.#terms.length;
  }

  get durableIndex(): number {
    return this.#durableIndex;
  }

  get baseIndex(): number {
    return this.#baseIndex;
  }

  /** Undefined in front of the first entry and behind the last. */
  findTerm(index: number): number | undefined {
    return this.#terms[index - this.#baseIndex - 1];
  }

  /** Whether the entry is on the disk for certain, alone or within a checkpoint. */
  hasDurable(index: Index, term: Term): boolean {
    if (index <= this.#baseIndex) return true;
    return index <= this.#durableIndex && this.findTerm(index) === term;
  }

  /** The replica handed this to its disk. */
  written(entries: readonly Entry[]): void {
    const [first] = entries;
    if (first === undefined) return;
    const at = first.index - this.#baseIndex - 1;
    check(at >= 0 && at <= this.#terms.length, 'log without gaps', () => {
      return `entry ${first.index} after ${this.lastIndex}`;
    });
    this.#terms.length = at;
    this.#durableIndex = Math.min(this.#durableIndex, first.index - 1);
    for (const entry of entries) this.#terms.push(entry.term);
  }

  /** The disk reported it durable. */
  durable({ hardState, entries }: Append): void {
    if (hardState !== undefined) {
      this.#durableTerm = hardState.term;
      this.#durableVote = hardState.votedFor;
    }
    const last = entries.at(-1);
    if (last === undefined || this.findTerm(last.index) !== last.term) return;
    this.#durableIndex = Math.max(this.#durableIndex, last.index);
  }

  /** A snapshot is being written: from now on a crash may leave it, or what was before. */
  installing(index: number): void {
    this.#installingIndex = index;
  }

  /** The log begins after a snapshot that is durable. */
  restart(baseIndex: number): void {
    this.#baseIndex = baseIndex;
    this.#terms = [];
    this.#durableIndex = baseIndex;
  }

  /** A process started from the disk: everything that was durable must be there. */
  recovered({ hardState, baseIndex, entries }: RecoveredLog): void {
    const lastIndex = entries.at(-1)?.index ?? baseIndex;
    const installed = baseIndex > 0 && baseIndex === this.#installingIndex;
    const durableIndex = installed ? baseIndex : this.#durableIndex;
    const known = this.findTerm(durableIndex);
    const found = entries.find(({ index }) => index === durableIndex)?.term;
    check(lastIndex >= durableIndex, 'what is durable is recovered', () => {
      return `the log ends at ${lastIndex}, ${durableIndex} was durable`;
    });
    const same = durableIndex <= baseIndex || known === undefined || found === known;
    check(same, 'what is durable is recovered', () => {
      return `entry ${durableIndex} has term ${found}, ${known} was durable`;
    });
    this.#checkVote(hardState);
    this.#baseIndex = baseIndex;
    this.#terms = entries.map(({ term }) => term);
    // Opening made all of it durable.
    this.#durableIndex = lastIndex;
  }

  #checkVote(hardState: HardState | undefined): void {
    const term = hardState?.term ?? 0;
    const vote = hardState?.votedFor ?? NOBODY;
    const kept = this.#durableVote === NOBODY || vote === this.#durableVote;
    check(
      term > this.#durableTerm || (term === this.#durableTerm && kept),
      'votes are kept',
      () => {
        return (
          `term ${term} with the vote ${vote} was recovered, ` +
          `${this.#durableTerm} with ${this.#durableVote} was durable`
        );
      },
    );
  }
}
