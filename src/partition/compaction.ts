import { limits } from '../base/limits.ts';
import type { Raft } from '../raft/raft.ts';
import { type Index, indexOf } from '../raft/types.ts';

/** How much of the applied log one replica keeps in memory (thesis 5). */
export class Compaction {
  readonly #raft: Raft;
  #compactedIndex: Index;
  /** The last checkpoints; the log before the oldest is kept for nobody. */
  readonly #checkpoints: Index[] = [];

  /** @param compactedIndex where the log in memory begins */
  constructor(raft: Raft, compactedIndex: Index) {
    this.#raft = raft;
    this.#compactedIndex = compactedIndex;
  }

  /** A snapshot up to `index` took the place of the log. */
  restart(index: Index): void {
    this.#compactedIndex = index;
    this.#checkpoints.length = 0;
  }

  /**
   * A checkpoint up to `index` is durable. A follower that is a little behind and still fed from
   * the log keeps what it needs. One that falls behind for good, because its disk or its link is
   * slower than what is written here, gets a state in the end: it must not fill the memory.
   */
  upTo(index: Index, appliedIndex: Index): void {
    let keepAfter = Math.min(index, appliedIndex);
    this.#checkpoints.push(indexOf(keepAfter));
    if (this.#checkpoints.length > limits.lagCheckpointCountMax) this.#checkpoints.shift();
    const [oldest = 0] = this.#checkpoints;
    const isFull = this.#checkpoints.length === limits.lagCheckpointCountMax;
    const neededMin = isFull ? Math.min(oldest, keepAfter) : 0;
    for (const { state, isActive, matchIndex } of this.#raft.progress()) {
      if (!isActive || state !== 'replicate') continue;
      keepAfter = Math.min(keepAfter, Math.max(matchIndex, neededMin));
    }
    if (keepAfter > this.#compactedIndex) this.#compact(indexOf(keepAfter));
  }

  /**
   * A group of one keeps no applied entries in memory: there is nobody to send them to, and the
   * disk has them.
   */
  maybeAlone(appliedIndex: Index): void {
    if (appliedIndex - this.#compactedIndex < limits.appliedEntryCountMax) return;
    const { voters, outgoing, learners } = this.#raft.configuration;
    if (voters.length + outgoing.length + learners.length > 1) return;
    this.#compact(appliedIndex);
  }

  #compact(index: Index): void {
    this.#raft.compact(index);
    this.#compactedIndex = index;
  }
}
