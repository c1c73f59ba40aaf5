import type { Operation } from './operation.ts';
import type { Scheduler } from './scheduler.ts';
import { check } from './violation.ts';

interface Trust {
  readonly owner: string;
  /** Until then, in true time, its owner takes the lock for its own. */
  untilMicros: number;
}

/** Client code stops trusting a lease at 90 % of its time, counted from the send (DESIGN.md 2). */
const trustedShare = 0.9;
/** Log time is whole ms, and each new leader rounds once more. */
const roundingMs = 5;

/**
 * What clients believe, seen from outside: two of them never trust in one lock at a time, whatever
 * clocks and leaders did, as long as each keeps its own deadline.
 */
export class TrustBook {
  readonly #scheduler: Scheduler;
  readonly #byKey = new Map<string, Trust>();
  readonly #refused = new Set<string>();

  constructor(scheduler: Scheduler) {
    this.#scheduler = scheduler;
  }

  /** A request leaves its client: what it may end is not trusted any more. */
  sent(operation: Operation, sentAtMicros: number): void {
    const trust = this.#byKey.get(operation.key);
    if (trust === undefined || !('owner' in operation) || trust.owner !== operation.owner) return;
    if (operation.kind === 'release') this.#byKey.delete(operation.key);
    else if (operation.kind === 'extend') {
      trust.untilMicros = Math.min(trust.untilMicros, untilOf(operation.ttlMs, sentAtMicros));
    }
  }

  /** A client hears that its request took effect. */
  done(operation: Operation, sentAtMicros: number): void {
    if (operation.kind !== 'acquire' && operation.kind !== 'extend') return;
    const { key, owner, ttlMs } = operation;
    const { nowMicros } = this.#scheduler;
    const untilMicros = untilOf(ttlMs, sentAtMicros);
    if (untilMicros <= nowMicros) return;
    const other = this.#byKey.get(key);
    const alone = other === undefined || other.owner === owner || other.untilMicros <= nowMicros;
    check(alone, 'never two clients that trust in one lock', () => {
      return `${key}: ${other?.owner} until ${other?.untilMicros}, and now ${owner}`;
    });
    this.#byKey.set(key, { owner, untilMicros });
  }

  /** A client was told that its acquisition did not take effect. */
  refused(owner: string): void {
    this.#refused.add(owner);
  }

  /** A grant was committed. */
  granted(owner: string): void {
    check(!this.#refused.has(owner), 'what was refused is never granted', () => owner);
  }
}

function untilOf(ttlMs: number, sentAtMicros: number): number {
  return sentAtMicros + (ttlMs * trustedShare - roundingMs) * 1_000;
}
