import type { Loss, Waiter } from './outcome.ts';

/** Outcomes of one turn, and what they wait for. */
interface Held {
  readonly index: number;
  readonly readId: number | undefined;
  readonly sinceMs: number;
  readonly outcomes: readonly Waiter[];
}

/**
 * The outcomes of one partition that wait: those of the turn that runs, and those of earlier turns
 * for a commit or the confirmation of a read round. They are released, and lost, in the order in
 * which their commands ran.
 */
export class HeldOutcomes {
  #turn: Waiter[] = [];
  #held: Held[] = [];
  /**
   * The latest read round that was confirmed. Ids rise and are never used again, and rounds are
   * confirmed in their order: so those before it are confirmed, too, or nobody waits for them.
   */
  #confirmedReadId = 0;

  get count(): number {
    return this.#held.reduce((count, held) => count + held.outcomes.length, this.#turn.length);
  }

  get turnIsEmpty(): boolean {
    return this.#turn.length === 0;
  }

  add(outcome: Waiter): void {
    this.#turn.push(outcome);
  }

  /** The turn is over: its outcomes wait for the entry at `index`, or for the read round. */
  seal({ index, readId, sinceMs }: Pick<Held, 'index' | 'readId' | 'sinceMs'>): void {
    if (this.#turn.length === 0) return;
    this.#held.push({ index, readId, sinceMs, outcomes: this.takeTurn() });
  }

  takeTurn(): readonly Waiter[] {
    const outcomes = this.#turn;
    this.#turn = [];
    return outcomes;
  }

  confirmRead(id: number): void {
    if (id > this.#confirmedReadId) this.#confirmedReadId = id;
  }

  /** Everything up to `appliedIndex` is applied. */
  release(appliedIndex: number): void {
    while (this.#held.length > 0) {
      const [held] = this.#held;
      if (held === undefined || held.index > appliedIndex) return;
      if (held.readId !== undefined && held.readId > this.#confirmedReadId) return;
      this.#held.shift();
      for (const outcome of held.outcomes) outcome.release();
    }
  }

  /** What earlier turns wait for does not come. */
  loseEarlier(loss: Loss, reason: string): void {
    const held = this.#held;
    this.#held = [];
    for (const { outcomes } of held) loseAll(outcomes, loss, reason);
  }

  /** A read round was given up; nothing but its replies depends on it. */
  loseRead(id: number, reason: string): void {
    const lost = this.#held.filter(({ readId }) => readId === id);
    if (lost.length === 0) return;
    this.#held = this.#held.filter(({ readId }) => readId !== id);
    for (const { outcomes } of lost) loseAll(outcomes, 'dropped', reason);
  }

  /** Who began to wait before `beforeMs` waits no more. */
  loseOld(beforeMs: number, reason: string): void {
    while (this.#held[0] !== undefined && this.#held[0].sinceMs < beforeMs) {
      loseAll(this.#held.shift()?.outcomes ?? [], 'late', reason);
    }
  }
}

export function loseAll(outcomes: readonly Waiter[], loss: Loss, reason: string): void {
  for (const outcome of outcomes) outcome.lose(loss, reason);
}
