import { setTimeout as delay } from 'node:timers/promises';

/**
 * Lets real time pass. Everywhere else a test waits for an event or turns a virtual clock; here
 * whole processes run by the real one, and what is tested is what they do about it.
 */
export async function elapse(ms: number): Promise<void> {
  await delay(ms);
}

/** The time of day is no part of it: no fault of these tests moves this clock. */
export function monotonicMs(): number {
  return performance.now();
}
