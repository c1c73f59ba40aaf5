import type { HistoryEvent } from '../test/faults/history.ts';
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

/**
 * The longest time that no client saw any change of a partition acknowledged, between the first
 * one that was sent after `fromMs` and the end of the events: how long a failover takes, as it
 * looks from outside.
 */
export function longestGapMs(events: readonly HistoryEvent[], window: Disturbance): number {
  const times = events
    .filter(({ outcome, operation }) => outcome.kind === 'yes' && operation.kind !== 'read')
    .map(({ answeredAtMs }) => answeredAtMs)
    .filter((atMs) => atMs >= window.fromMs && atMs <= window.toMs);
  const moments = [window.fromMs, ...times.sort((a, b) => a - b), window.toMs];
  let longestMs = 0;
  for (const [place, atMs] of moments.entries()) {
    longestMs = Math.max(longestMs, atMs - (moments[place - 1] ?? atMs));
  }
  return longestMs;
}
