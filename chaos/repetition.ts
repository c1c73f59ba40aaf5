import type { HistoryEvent } from '../checker/history.ts';

/*
 * A router that waits in vain for the reply to an acquisition sends it again (DESIGN.md 1). The
 * lease of the first time, if there was one, is recognised by its request id, unless it is gone
 * by then: it ended, or somebody deleted it. Then the client hears of the second time only, and
 * for others there was a lease that no client knew of, as if its holder had died. No promise is
 * broken (what the client hears is true when it hears it), but the model of a lease has to know.
 */

/**
 * Nothing is sent again sooner: a leader is silent for an election timeout before it is given up.
 * What was answered faster is judged as it is.
 */
const repeatedAfterMs = 250;

/** Whether the acquisition may have taken effect once more, before the time that was answered. */
export function mayHaveRunTwice({
  operation,
  outcome,
  sentAtMs,
  answeredAtMs,
}: HistoryEvent): boolean {
  if (operation.kind !== 'set' && operation.kind !== 'lock') return false;
  return outcome.kind !== 'unknown' && answeredAtMs - sentAtMs > repeatedAfterMs;
}

/**
 * The history in which such an acquisition is what it is to everybody else: one whose outcome is
 * not known, and, if it was granted in the end, that grant.
 */
export function withEarlierRuns(events: readonly HistoryEvent[]): readonly HistoryEvent[] {
  return events.flatMap((event) => {
    if (!mayHaveRunTwice(event)) return [event];
    const earlier: HistoryEvent = { ...event, outcome: { kind: 'unknown' } };
    return event.outcome.kind === 'no' ? [earlier] : [earlier, event];
  });
}
