import { performance } from 'node:perf_hooks';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { LoopClock } from '../../src/node/loop-clock.ts';

const lateMs = 150;

/** `setImmediate` by hand: each call of it waits for the check phase that the test runs. */
class Loop {
  #checks: (() => void)[] = [];

  readonly immediate = (callback: () => void): void => {
    this.#checks.push(callback);
  };

  /** One check phase: what it schedules itself belongs to the next one, as in Node. */
  check(): void {
    const checks = this.#checks;
    this.#checks = [];
    for (const callback of checks) callback();
  }
}

let nowMs = 1_000;
let wallMs = 1_700_000_000_000;
let loop: Loop;

beforeEach(() => {
  nowMs = 1_000;
  wallMs = 1_700_000_000_000;
  loop = new Loop();
  vi.spyOn(performance, 'now').mockImplementation(() => nowMs);
  vi.spyOn(Date, 'now').mockImplementation(() => wallMs);
  vi.stubGlobal('setImmediate', loop.immediate);
});

afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

describe('the monotonic clock', () => {
  test('is whole ms, and stands still between two looks', () => {
    const clock = new LoopClock(lateMs);
    nowMs = 1_007.9;
    expect(clock.monotonicMs).toBe(1_000);
    clock.look();
    expect(clock.monotonicMs).toBe(1_007);
  });
});

describe('lateness', () => {
  test('begins when turns begin further apart than allowed, and not before', () => {
    const clock = new LoopClock(lateMs);
    nowMs += lateMs;
    clock.beginTurn();
    expect(clock.late).toBe(false);
    nowMs += lateMs + 1;
    clock.beginTurn();
    expect(clock.late).toBe(true);
  });

  test('ends after one full poll phase: with the second check phase', () => {
    const clock = new LoopClock(lateMs);
    nowMs += 10_000;
    clock.beginTurn();
    loop.check();
    expect(clock.late).toBe(true);
    loop.check();
    expect(clock.late).toBe(false);
  });

  test('of a turn of many short commands is found at the beginning of the next turn', () => {
    const clock = new LoopClock(lateMs);
    clock.beginTurn();
    for (let command = 0; command < 100; command += 1) {
      nowMs += 100;
      clock.look();
    }
    clock.beginTurn();
    expect(clock.late).toBe(true);
  });

  test('begins anew with a second delay while the first one is waited for', () => {
    const clock = new LoopClock(lateMs);
    nowMs += 10_000;
    clock.beginTurn();
    loop.check();
    nowMs += 10_000;
    clock.beginTurn();
    loop.check();
    expect(clock.late).toBe(true);
    loop.check();
    expect(clock.late).toBe(false);
  });
});

describe('the wall clock', () => {
  test('goes on with the monotonic clock and ignores differences below its resolution', () => {
    const clock = new LoopClock(lateMs);
    nowMs += 500;
    wallMs += 515;
    clock.followWallClock();
    clock.look();
    expect(clock.wallMs).toBe(1_700_000_000_500);
  });

  test('follows a jump of the wall clock, and the monotonic clock does not', () => {
    const clock = new LoopClock(lateMs);
    nowMs += 50;
    wallMs -= 3_600_000;
    clock.followWallClock();
    clock.look();
    expect(clock.wallMs).toBe(1_700_000_000_000 - 3_600_000);
    expect(clock.monotonicMs).toBe(1_050);
  });
});
