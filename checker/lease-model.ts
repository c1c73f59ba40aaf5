import type { HistoryEvent, OperationOutcome } from './history.ts';

/** What is known of the lease that holds a key. */
export interface HeldLease {
  readonly owner: string;
  /** Undefined until a reply has shown it. */
  readonly token: number | undefined;
  /** The server may not end the lease before this time. */
  readonly heldUntilMs: number;
  /** The latest time that its end can be due. */
  readonly endsByMs: number;
}

/** One state in which a key may be. */
export interface KeyState {
  readonly lease: HeldLease | undefined;
  /** Every token of this key from now on, that of the lease included, is larger. */
  readonly tokenFloor: number;
}

export const freeKey: KeyState = { lease: undefined, tokenFloor: 0 };

/** Replies count whole milliseconds, and two clocks of one machine may round differently. */
const roundingMs = 2;

/**
 * After a start log time stands still for two election timeouts, so that holders can reach the
 * server before their leases run out (DESIGN.md 2). A lease of that time lasts as much longer.
 */
export const stillMs = 2_500;

/**
 * The states in which the key may be after the event took effect in `state`: none if it cannot
 * have happened there. A lease may end at any time once its time is over, and may as well last
 * longer, because nothing promises that it ends on the spot.
 */
export function statesAfter(state: KeyState, event: HistoryEvent): readonly KeyState[] {
  const ended = endedState(state, event);
  const next = ifHeld(state, event);
  return ended === undefined ? next : [...next, ...ifHeld(ended, event)];
}

/** The state in which the lease has ended by its time, if that may have happened by now. */
function endedState(state: KeyState, event: HistoryEvent): KeyState | undefined {
  if (state.lease === undefined || state.lease.heldUntilMs > event.answeredAtMs) return undefined;
  return freed(state);
}

function ifHeld(state: KeyState, event: HistoryEvent): readonly KeyState[] {
  const { operation, outcome } = event;
  switch (operation.kind) {
    case 'set':
      return state.lease === undefined
        ? granted(state, event, operation)
        : refusal(state, outcome, true);
    case 'lock':
      return lock(state, event, operation);
    case 'extend': {
      const { lease } = state;
      if (lease?.owner !== operation.owner) return refusal(state, outcome, true);
      return confirmed(state, lease, event, endOf(event, operation.ttlMs));
    }
    case 'move': {
      const { lease } = state;
      if (lease === undefined) return refusal(state, outcome, true);
      return confirmed(state, lease, event, endOf(event, operation.ttlMs));
    }
    case 'release':
      if (state.lease?.owner !== operation.owner) return refusal(state, outcome, true);
      return outcome.kind === 'no' ? [] : [freed(state)];
    case 'delete':
      if (state.lease === undefined) return refusal(state, outcome, true);
      return outcome.kind === 'no' ? [] : [freed(state)];
    case 'read':
      return read(state, event);
  }
}

interface End {
  readonly heldUntilMs: number;
  readonly endsByMs: number;
}

interface Acquisition {
  readonly owner: string;
  readonly ttlMs: number;
}

function lock(state: KeyState, event: HistoryEvent, operation: Acquisition): readonly KeyState[] {
  const { lease } = state;
  if (lease === undefined) return granted(state, event, operation);
  if (lease.owner !== operation.owner) return refusal(state, event.outcome, true);
  const end = endOf(event, operation.ttlMs);
  return confirmed(state, lease, event, {
    heldUntilMs: Math.max(lease.heldUntilMs, end.heldUntilMs),
    endsByMs: Math.max(lease.endsByMs, end.endsByMs),
  });
}

function granted(state: KeyState, event: HistoryEvent, to: Acquisition): readonly KeyState[] {
  const { outcome } = event;
  if (outcome.kind === 'no' || outcome.kind === 'held') return [];
  const token = outcome.kind === 'yes' ? outcome.token : undefined;
  if (token !== undefined && token <= state.tokenFloor) return [];
  const lease = { owner: to.owner, token, ...endOf(event, to.ttlMs) };
  return [{ lease, tokenFloor: state.tokenFloor }];
}

/** The owner, or whoever needs not be the owner, moved the end of the lease. */
function confirmed(
  state: KeyState,
  lease: HeldLease,
  { outcome }: HistoryEvent,
  end: End,
): readonly KeyState[] {
  if (outcome.kind === 'no' || outcome.kind === 'held') return [];
  const shown = outcome.kind === 'yes' ? outcome.token : undefined;
  const token = tokenAfter(state, lease, shown);
  return token === 'impossible' ? [] : [{ ...state, lease: { ...lease, token, ...end } }];
}

function read(state: KeyState, event: HistoryEvent): readonly KeyState[] {
  const { outcome } = event;
  const { lease } = state;
  if (outcome.kind !== 'held') return refusal(state, outcome, lease === undefined);
  if (lease === undefined || lease.owner !== outcome.owner) return [];
  const token = tokenAfter(state, lease, outcome.token);
  if (token === 'impossible') return [];
  if (event.answeredAtMs + outcome.ttlMs + roundingMs < lease.heldUntilMs) return [];
  if (event.sentAtMs + outcome.ttlMs - roundingMs > lease.endsByMs) return [];
  return [{ ...state, lease: { ...lease, token } }];
}

function tokenAfter(
  { tokenFloor }: KeyState,
  { token }: HeldLease,
  shown: number | undefined,
): number | undefined | 'impossible' {
  if (shown === undefined || shown === token) return token;
  return token === undefined && shown > tokenFloor ? shown : 'impossible';
}

/** Nothing changed, which fits a refusal that is allowed and an outcome that nobody knows. */
function refusal(
  state: KeyState,
  outcome: OperationOutcome,
  allowed: boolean,
): readonly KeyState[] {
  return outcome.kind === 'unknown' || (outcome.kind === 'no' && allowed) ? [state] : [];
}

function freed({ lease, tokenFloor }: KeyState): KeyState {
  return { lease: undefined, tokenFloor: lease?.token ?? tokenFloor + 1 };
}

/** It took effect between the two times that the client knows. */
function endOf({ sentAtMs, answeredAtMs }: HistoryEvent, ttlMs: number): End {
  return { heldUntilMs: sentAtMs + ttlMs, endsByMs: answeredAtMs + ttlMs + stillMs };
}
