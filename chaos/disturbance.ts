import type { LateBetween } from './lateness.ts';

/** A stretch of time in which a fault was at work, until the cluster had recovered from it. */
export interface Disturbance {
  readonly fromMs: number;
  readonly toMs: number;
}

/**
 * Without any fault: an idle leader stamps the time about every second, an election holds it
 * still for two election timeouts of at most a second, and leadership may move back afterwards
 * to where it was (DESIGN.md 2); the rest is room for a loaded machine.
 */
const calmLateMs = 6_000;

/** A lease is late at most by the time that faults were at work while it was held. */
export function lateBetween(disturbances: readonly Disturbance[]): LateBetween {
  return (fromMs, toMs) =>
    disturbances.reduce((sum, disturbance) => {
      const overlapMs = Math.min(toMs, disturbance.toMs) - Math.max(fromMs, disturbance.fromMs);
      return sum + Math.max(0, overlapMs);
    }, calmLateMs);
}
