import { expect, test } from 'vitest';
import { SyncPace } from '../../src/store/sync-pace.ts';

/** Turns on the loop that take `tookMs` each. */
function take(pace: SyncPace, count: number, tookMs: number, nowMs: number): void {
  for (let turn = 0; turn < count; turn += 1) pace.measured(tookMs, nowMs);
}

test('quick syncs stay on the loop, and one slow one among them does not change that', () => {
  const pace = new SyncPace('auto');
  take(pace, 50, 0.13, 0);
  expect(pace.onLoop(0, 0)).toBe(true);
  take(pace, 1, 100, 0);
  expect(pace.onLoop(0, 0)).toBe(true);
});

test('a disk that is slow at every fourth sync keeps the loop', () => {
  const pace = new SyncPace('auto');
  for (let round = 0; round < 100; round += 1) {
    take(pace, 3, 0.2, 0);
    take(pace, 1, 6, 0);
    expect(pace.onLoop(0, 0)).toBe(true);
  }
});

test('slow syncs leave the loop, are tried again after a pause, and come back when quick', () => {
  const pace = new SyncPace('auto');
  take(pace, 11, 5, 1000);
  expect(pace.onLoop(0, 1000)).toBe(false);
  expect(pace.onLoop(0, 1249)).toBe(false);
  expect(pace.onLoop(0, 1250)).toBe(true);
  take(pace, 1, 5, 1250);
  expect(pace.onLoop(0, 1500)).toBe(false);
  expect(pace.onLoop(0, 1750)).toBe(true);
  take(pace, 1, 0.2, 1750);
  expect(pace.onLoop(0, 1751)).toBe(true);
});

test('a turn never goes on the loop past turns that still wait', () => {
  const pace = new SyncPace('auto');
  expect(pace.onLoop(1, 0)).toBe(false);
  expect(new SyncPace('on-loop').onLoop(0, 0)).toBe(true);
  expect(new SyncPace('asynchronous').onLoop(0, 0)).toBe(false);
});
