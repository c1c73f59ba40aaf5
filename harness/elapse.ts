import { setTimeout as delay } from 'node:timers/promises';

/**
 * Lets real time pass, for those that drive whole processes, which run by the real clock.
 * Everywhere else a test waits for an event or turns a virtual clock.
 */
export async function elapse(ms: number): Promise<void> {
  await delay(ms);
}

/** The time of day is no part of it: no fault moves this clock. */
export function monotonicMs(): number {
  return performance.now();
}
