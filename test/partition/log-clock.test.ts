import { expect, test } from 'vitest';
import { LogClock } from '../../src/partition/log-clock.ts';

test('log time goes on from the last entry by the time that has passed since', () => {
  const clock = new LogClock(5_000, 100);
  expect(clock.now(100)).toBe(5_000);
  expect(clock.now(350)).toBe(5_250);
});

test('a new last entry replaces the anchor, also when its time is smaller', () => {
  const clock = new LogClock(5_000, 100);
  clock.anchor(4_000, 200);
  expect(clock.now(250)).toBe(4_050);
});

test('appending at every ms does not slow the clock down', () => {
  const clock = new LogClock(0, 0);
  for (let monotonicMs = 1; monotonicMs <= 10_000; monotonicMs += 1) {
    clock.anchor(clock.now(monotonicMs), monotonicMs);
  }
  expect(clock.now(10_000)).toBe(10_000);
});

test('a held clock stands still for the grace and then goes on without a leap', () => {
  const clock = new LogClock(1_000, 0);
  clock.stop(500);
  clock.start(500, 2_000);
  expect(clock.now(500)).toBe(1_500);
  expect(clock.now(2_499)).toBe(1_500);
  clock.anchor(clock.now(2_000), 2_000);
  expect(clock.now(2_500)).toBe(1_500);
  expect(clock.now(2_600)).toBe(1_600);
});

test('a released clock goes on at once', () => {
  const clock = new LogClock(1_000, 0);
  clock.stop(500);
  clock.start(500, 2_000);
  clock.release(600);
  expect(clock.now(700)).toBe(1_600);
});

test('a stopped clock stands still until it is started, and gets one grace from there', () => {
  const clock = new LogClock(1_000, 0);
  clock.stop(500);
  expect(clock.now(90_000)).toBe(1_500);
  clock.start(90_000, 2_000);
  clock.start(91_000, 2_000);
  expect(clock.now(92_000)).toBe(1_500);
  expect(clock.now(92_600)).toBe(2_100);
  clock.start(92_600, 2_000);
  expect(clock.now(92_700)).toBe(2_200);
});
