/**
 * Decides when a turn of the node ends.
 *
 * A turn ends in the check phase of the event loop, after the sockets that were readable were
 * read. While many clients are busy, more of their requests have come in by then: each further
 * poll phase that finds some joins the turn, up to a limit, because one sync costs as much time
 * as many commands. With few clients nothing is gained by waiting, and the turn ends at once.
 */
export class TurnEnd {
  readonly #end: () => void;
  readonly #look = (): void => this.#lookAgainOrEnd();
  #requested = false;
  #pollCount = 0;
  #commandCount = 0;
  /** Commands up to the last look. */
  #lookedCount = 0;
  #lastTurnCount = 0;

  constructor(end: () => void) {
    this.#end = end;
  }

  /** A command runs in this turn. */
  countCommand(): void {
    this.#commandCount += 1;
  }

  /** The turn is to end soon; does nothing if that is so already. */
  request(): void {
    if (this.#requested) return;
    this.#requested = true;
    setImmediate(this.#look);
  }

  #lookAgainOrEnd(): void {
    const foundMore = this.#commandCount > this.#lookedCount;
    this.#lookedCount = this.#commandCount;
    if (foundMore && this.#lastTurnCount > busyCommandCount && this.#pollCount < pollCountMax) {
      this.#pollCount += 1;
      setImmediate(this.#look);
      return;
    }
    this.#lastTurnCount = this.#commandCount;
    this.#commandCount = 0;
    this.#lookedCount = 0;
    this.#pollCount = 0;
    this.#requested = false;
    this.#end();
  }
}

/** A turn with more commands than this shows that many clients are busy. */
const busyCommandCount = 4;
/** Further poll phases that may join a turn: some tenths of a ms, less than a sync may take. */
const pollCountMax = 16;
