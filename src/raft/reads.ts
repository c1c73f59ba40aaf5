import { assert } from '../base/assert.ts';
import { limits } from '../base/limits.ts';
import type { ReadConfirmation } from './output.ts';
import type { Index } from './types.ts';

/**
 * The read rounds of one leader (thesis 6.4).
 *
 * All reads of a turn join the round that is open; it starts when the turn's output is taken.
 * From then on heartbeats name it, and an answer that names it, or a later one, was given after
 * it had started. A read that comes later joins another round with another id: if the ids were
 * used again, an answer to an old heartbeat could confirm a new read.
 */
export class ReadRounds {
  #nextId: number;
  #openId: number | undefined;
  readonly #started: ReadConfirmation[] = [];
  #latestStartedId = 0;

  /** @param firstId larger than every id that this replica used before */
  constructor(firstId: number) {
    assert(firstId > 0, 'id 0 means no round');
    this.#nextId = firstId;
  }

  /** The id for the first round of the next leadership. */
  get nextId(): number {
    return this.#nextId;
  }

  /** What heartbeats name; 0 before the first round. */
  get latestStartedId(): number {
    return this.#latestStartedId;
  }

  get mayStart(): boolean {
    return this.#openId !== undefined && this.#started.length < limits.readRoundsInFlightMax;
  }

  /** Whether no read waits. */
  get isIdle(): boolean {
    return this.#openId === undefined && this.#started.length === 0;
  }

  /** The round that a read of now belongs to. */
  join(): number {
    if (this.#openId === undefined) {
      this.#openId = this.#nextId;
      this.#nextId += 1;
    }
    return this.#openId;
  }

  /** Starts the open round. Reads see at least what is committed now. */
  start(commitIndex: Index): void {
    assert(this.mayStart && this.#openId !== undefined, 'a round is open');
    const id = this.#openId;
    assert(id > this.#latestStartedId, 'rounds start in the order of their ids');
    this.#started.push({ id, index: commitIndex });
    this.#latestStartedId = id;
    this.#openId = undefined;
  }

  /** A quorum has answered the round `id` or later ones: it and all before it are confirmed. */
  confirm(id: number, report: (confirmation: ReadConfirmation) => void): void {
    assert(id <= this.#latestStartedId, 'only a round that started is answered');
    for (;;) {
      const first = this.#started[0];
      if (first === undefined || first.id > id) return;
      this.#started.shift();
      report(first);
    }
  }

  /** The leader steps down: the ids of all rounds that are not confirmed. */
  giveUp(report: (id: number) => void): void {
    for (const { id } of this.#started) report(id);
    if (this.#openId !== undefined) report(this.#openId);
    this.#started.length = 0;
    this.#openId = undefined;
  }
}
