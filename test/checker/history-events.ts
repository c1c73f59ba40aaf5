import type { HistoryEvent, Operation, OperationOutcome } from '../../checker/history.ts';

/* Words for histories of one lock, which tests of judges write down. */

const key = 'lock:1';
export const dayMs = 86_400_000;
export const yes = (token?: number): OperationOutcome =>
  token === undefined ? { kind: 'yes' } : { kind: 'yes', token };
export const no: OperationOutcome = { kind: 'no' };
export const unknown: OperationOutcome = { kind: 'unknown' };
export const held = (owner: string, token: number, ttlMs = dayMs): OperationOutcome => ({
  kind: 'held',
  owner,
  token,
  ttlMs,
});

export const lock = (owner: string, ttlMs = dayMs): Operation => ({
  kind: 'lock',
  key,
  owner,
  ttlMs,
});
export const set = (owner: string, ttlMs = dayMs): Operation => ({
  kind: 'set',
  key,
  owner,
  ttlMs,
});
export const extend = (owner: string, ttlMs: number): Operation => ({
  kind: 'extend',
  key,
  owner,
  ttlMs,
});
export const release = (owner: string): Operation => ({ kind: 'release', key, owner });
export const read: Operation = { kind: 'read', key };

/** An operation of the client's at `atMs` that was answered 10 ms later. */
export function event(atMs: number, operation: Operation, outcome: OperationOutcome): HistoryEvent {
  return { operation, sentAtMs: atMs, answeredAtMs: atMs + 10, outcome };
}
