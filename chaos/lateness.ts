import { describeEvent, type HistoryEvent } from '../checker/history.ts';

/*
 * How much longer than its time a lease may last. A lease never ends early; but log time stands
 * still while nobody leads and for a grace after each election (DESIGN.md 2), so it may end late
 * by as much as a fault lasted, and no more. The model of a lease (checker/lease-model.ts)
 * knows no such faults. So reads are judged here first: the end that a read shows, or the mere
 * fact that the lease is still there, must be that of some operation of the history, late by at
 * most so much; then the read goes on to the model as if the lease were on time.
 */

/** By how much a lease that is set at one time may last longer than its time at another. */
export type LateBetween = (fromMs: number, toMs: number) => number;

/** Replies count whole milliseconds. */
const roundingMs = 2;

/** The server adds `lease-guard`, of 1 % by default, to the time of each lease (DESIGN.md 2). */
const guardShare = 0.01;

export interface JudgedReads {
  readonly violations: readonly string[];
  /** The same history with every lease on time. */
  readonly events: readonly HistoryEvent[];
}

/** @param events of any number of keys */
export function judgeLateness(
  events: readonly HistoryEvent[],
  lateBetween: LateBetween,
): JudgedReads {
  const settings = settingsByKey(events);
  const violations: string[] = [];
  const judged = events.map((event): HistoryEvent => {
    const { outcome, operation } = event;
    if (outcome.kind !== 'held') return event;
    const setting = findSetting(event, settings.get(operation.key) ?? [], lateBetween);
    if (setting === undefined) {
      violations.push(`a lease is there at a time that nobody asked for: ${describeEvent(event)}`);
      return event;
    }
    const latestMs = setting.answeredAtMs + setting.ttlMs - event.sentAtMs;
    const ttlMs = Math.min(outcome.ttlMs, Math.ceil(latestMs));
    return { ...event, outcome: { ...outcome, ttlMs } };
  });
  return { violations, events: judged };
}

/** An operation that may have set the end of a lease. */
interface Setting {
  /** Undefined: whoever owns it. */
  readonly owner: string | undefined;
  readonly sentAtMs: number;
  readonly answeredAtMs: number;
  readonly ttlMs: number;
}

function settingsByKey(events: readonly HistoryEvent[]): ReadonlyMap<string, readonly Setting[]> {
  const byKey = new Map<string, Setting[]>();
  for (const { operation, outcome, sentAtMs, answeredAtMs } of events) {
    if (!('ttlMs' in operation) || outcome.kind === 'no') continue;
    const { key, ttlMs } = operation;
    const owner = 'owner' in operation ? operation.owner : undefined;
    // Without a reply it may have taken effect at any time since.
    const knownAtMs = outcome.kind === 'unknown' ? Number.POSITIVE_INFINITY : answeredAtMs;
    const setting = { owner, sentAtMs, answeredAtMs: knownAtMs, ttlMs };
    const settings = byKey.get(key);
    if (settings === undefined) byKey.set(key, [setting]);
    else settings.push(setting);
  }
  return byKey;
}

/** The setting whose end the read shows: of those that fit, the one with the latest end. */
function findSetting(
  { outcome, sentAtMs, answeredAtMs }: HistoryEvent,
  settings: readonly Setting[],
  lateBetween: LateBetween,
): Setting | undefined {
  if (outcome.kind !== 'held') return undefined;
  const { owner, ttlMs } = outcome;
  const fitting = settings.filter((setting) => {
    if (setting.owner !== undefined && setting.owner !== owner) return false;
    if (setting.sentAtMs > answeredAtMs) return false;
    const shownLeastMs = sentAtMs + ttlMs - roundingMs;
    const shownMostMs = answeredAtMs + ttlMs + roundingMs;
    const lateMs = lateBetween(setting.sentAtMs, answeredAtMs) + setting.ttlMs * guardShare;
    const isLateEnough = shownLeastMs <= setting.answeredAtMs + setting.ttlMs + lateMs;
    return isLateEnough && shownMostMs >= setting.sentAtMs + setting.ttlMs;
  });
  const endOf = (setting: Setting): number => setting.sentAtMs + setting.ttlMs;
  // An acquisition that may have run twice is there twice: its reply tells more than none.
  return fitting.sort((a, b) => endOf(b) - endOf(a) || a.answeredAtMs - b.answeredAtMs)[0];
}
