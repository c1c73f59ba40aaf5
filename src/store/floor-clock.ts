import type { StoreTimers } from './platform.ts';

/*
 * When the durable floor is written: about once a second while turns become durable, and once
 * more soon after the last of them. A bit that flips in the last records of a log is noticed if
 * the floor is behind them.
 */

const tickMs = 100;
const saveEveryMs = 1000;

export class FloorClock {
  readonly #save: () => Promise<void>;
  readonly #timers: StoreTimers;
  #cancel: (() => void) | undefined;
  #touched = false;
  #savedAtMs = 0;
  #stopped = false;

  constructor(timers: StoreTimers, save: () => Promise<void>) {
    this.#timers = timers;
    this.#save = save;
  }

  /** A turn became durable. */
  touch(): void {
    this.#touched = true;
    if (this.#cancel === undefined) this.#arm();
  }

  stop(): void {
    this.#stopped = true;
    this.#cancel?.();
  }

  #arm(): void {
    if (this.#stopped) return;
    // A floor that waits keeps no process alive: closing the store writes it anyway.
    this.#cancel = this.#timers.after(tickMs, () => this.#tick());
  }

  #tick(): void {
    const nowMs = this.#timers.nowMs();
    const busy = this.#touched;
    this.#touched = false;
    if (busy && nowMs - this.#savedAtMs < saveEveryMs) return this.#arm();
    this.#savedAtMs = nowMs;
    // The store reports a failed save itself.
    void this.#save().then(() => {
      this.#cancel = undefined;
      if (this.#touched) this.#arm();
    });
  }
}
