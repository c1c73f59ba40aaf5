import { describe, expect, test } from 'vitest';
import { Scheduler } from '../../sim/scheduler.ts';

describe('the scheduler', () => {
  test('runs events by their time, and those of one moment in the order they were made', () => {
    const scheduler = new Scheduler();
    const seen: string[] = [];
    scheduler.after(20, () => seen.push(`late ${scheduler.nowMicros}`));
    scheduler.after(10, () => seen.push(`first ${scheduler.nowMicros}`));
    scheduler.after(10, () => seen.push(`second ${scheduler.nowMicros}`));
    while (scheduler.step(100));
    expect(seen).toEqual(['first 10', 'second 10', 'late 20']);
    expect(scheduler.nowMicros).toBe(100);
  });

  test('leaves what lies behind the end for later, and forgets what was cancelled', () => {
    const scheduler = new Scheduler();
    let count = 0;
    scheduler.after(5, () => (count += 1)).cancel();
    scheduler.after(50, () => (count += 1));
    expect(scheduler.step(49)).toBe(false);
    expect(count).toBe(0);
    expect(scheduler.step(50)).toBe(true);
    expect(count).toBe(1);
  });

  test('has a hash that tells when things happened', () => {
    const hashes = [10, 11].map((delay) => {
      const scheduler = new Scheduler();
      scheduler.after(delay, () => undefined);
      scheduler.step(20);
      return scheduler.hash;
    });
    expect(hashes[0]).not.toBe(hashes[1]);
  });
});
