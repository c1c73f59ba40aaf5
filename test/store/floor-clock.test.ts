import { expect, test } from 'vitest';
import { FloorClock } from '../../src/store/floor-clock.ts';
import type { StoreTimers } from '../../src/store/platform.ts';
import { append, appended, openStore } from './sample-log.ts';
import { temporaryFolder } from './temporary-folder.ts';

/** Time that moves only when it is told to. */
class ManualTimers implements StoreTimers {
  #nowMs = 5000;
  #waiting: { readonly atMs: number; readonly act: () => void }[] = [];

  get waiting(): number {
    return this.#waiting.length;
  }

  nowMs(): number {
    return this.#nowMs;
  }

  after(ms: number, act: () => void): () => void {
    const entry = { atMs: this.#nowMs + ms, act };
    this.#waiting.push(entry);
    return () => {
      this.#waiting = this.#waiting.filter((other) => other !== entry);
    };
  }

  async advance(ms: number): Promise<void> {
    const untilMs = this.#nowMs + ms;
    while (this.#nowMs < untilMs) {
      this.#nowMs += 10;
      const due = this.#waiting.filter((entry) => entry.atMs <= this.#nowMs);
      this.#waiting = this.#waiting.filter((entry) => entry.atMs > this.#nowMs);
      for (const { act } of due) act();
      // Lets what was awaited go on.
      for (let turn = 0; turn < 5; turn += 1) await Promise.resolve();
    }
  }
}

function clockOf(timers: ManualTimers): { readonly clock: FloorClock; count(): number } {
  let saves = 0;
  const clock = new FloorClock(timers, () => {
    saves += 1;
    return Promise.resolve();
  });
  return { clock, count: () => saves };
}

test('the floor is saved about once a second while turns come, and after the last', async () => {
  const timers = new ManualTimers();
  const { clock, count } = clockOf(timers);
  for (let turn = 0; turn < 200; turn += 1) {
    clock.touch();
    await timers.advance(20);
  }
  expect(count()).toBeGreaterThanOrEqual(3);
  expect(count()).toBeLessThanOrEqual(5);
  const during = count();
  await timers.advance(300);
  expect(count()).toBe(during + 1);
  await timers.advance(10_000);
  expect(count()).toBe(during + 1);
  expect(timers.waiting).toBe(0);
});

test('a clock that is stopped leaves no timer and saves no more', async () => {
  const timers = new ManualTimers();
  const { clock, count } = clockOf(timers);
  clock.touch();
  expect(timers.waiting).toBe(1);
  clock.stop();
  expect(timers.waiting).toBe(0);
  clock.touch();
  await timers.advance(5000);
  expect(count()).toBe(0);
});

test('a store takes time from the timers that it was given', async () => {
  const timers = new ManualTimers();
  const store = await openStore({ folder: temporaryFolder(), timers, mode: 'on-loop' });
  await appended(store, append({ first: 1, last: 1 }));
  expect(timers.waiting).toBe(1);
  await store.close();
  expect(timers.waiting).toBe(0);
});
