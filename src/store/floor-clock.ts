/*
 * When the durable floor is written: about once a second while turns become durable, and once
 * more soon after the last of them. A bit that flips in the last records of a log is noticed if
 * the floor is behind them.
 */

const tickMs = 100;
const saveEveryMs = 1000;

export class FloorClock {
  readonly #save: () => Promise<void>;
  #timer: NodeJS.Timeout | undefined;
  #touched = false;
  #savedAtMs = 0;
  #stopped = false;

  constructor(save: () => Promise<void>) {
    this.#save = save;
  }

  /** A turn became durable. */
  touch(): void {
    this.#touched = true;
    if (this.#timer === undefined) this.#arm();
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  #arm(): void {
    if (this.#stopped) return;
    this.#timer = setTimeout(() => this.#tick(), tickMs);
    // A floor that waits keeps no process alive: closing the store writes it anyway.
    this.#timer.unref();
  }

  #tick(): void {
    const nowMs = performance.now();
    const busy = this.#touched;
    this.#touched = false;
    if (busy && nowMs - this.#savedAtMs < saveEveryMs) return this.#arm();
    this.#savedAtMs = nowMs;
    // The store reports a failed save itself.
    void this.#save().then(() => {
      this.#timer = undefined;
      if (this.#touched) this.#arm();
    });
  }
}
