/** The turns of the node, as sessions see them. */
export interface TurnPort {
  /** Asks for `FlushQueue.flushAll` after all sockets that are readable now were read. */
  requestTurnEnd(): void;
}

/** A session, as the end of a turn sees it. */
export interface Flushable {
  /** Writes what is ready to be written. */
  flush(): void;
  /** Goes on with the requests that were left over from an earlier turn. */
  continueRequests(): void;
}

/**
 * The sessions that have something to write at the end of this turn, so that each socket is
 * written once a turn however many requests it had; and those with requests left for the next one.
 */
export class FlushQueue {
  readonly #turn: TurnPort;
  #marked: Flushable[] = [];
  #spare: Flushable[] = [];
  #leftOver: Flushable[] = [];
  #nextTurnScheduled = false;

  constructor(turn: TurnPort) {
    this.#turn = turn;
  }

  /** Flushes the session at the end of this turn. The caller marks it once until then. */
  mark(session: Flushable): void {
    if (this.#marked.push(session) === 1) this.#turn.requestTurnEnd();
  }

  /** Calls the session again once this turn has ended and the sockets had their chance. */
  continueNextTurn(session: Flushable): void {
    this.#leftOver.push(session);
    this.#turn.requestTurnEnd();
  }

  /** The end of a turn; called by the node after the commits of the turn released outcomes. */
  flushAll(): void {
    if (this.#marked.length > 0) {
      const marked = this.#marked;
      this.#marked = this.#spare;
      for (const session of marked) session.flush();
      marked.length = 0;
      this.#spare = marked;
    }
    if (this.#leftOver.length > 0 && !this.#nextTurnScheduled) {
      this.#nextTurnScheduled = true;
      setImmediate(() => this.#continueAll());
    }
  }

  #continueAll(): void {
    this.#nextTurnScheduled = false;
    const leftOver = this.#leftOver;
    this.#leftOver = [];
    for (const session of leftOver) session.continueRequests();
  }
}
