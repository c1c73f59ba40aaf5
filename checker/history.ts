/** What a client asked for, in the terms of the model and whatever the command's spelling. */
export type Operation =
  /** Takes a free key; refuses everybody else, its own owner included (SET NX PX). */
  | { readonly kind: 'set'; readonly key: string; readonly owner: string; readonly ttlMs: number }
  /** Takes a free key, or confirms it to its owner and never shortens it (KLOCK). */
  | { readonly kind: 'lock'; readonly key: string; readonly owner: string; readonly ttlMs: number }
  /** Replaces the end of a lease for its owner (KEXTEND, compare-and-pexpire). */
  | {
      readonly kind: 'extend';
      readonly key: string;
      readonly owner: string;
      readonly ttlMs: number;
    }
  /** Replaces the end of a lease, whoever owns it (PEXPIRE). */
  | { readonly kind: 'move'; readonly key: string; readonly ttlMs: number }
  /** Frees the key for its owner (KUNLOCK, compare-and-delete). */
  | { readonly kind: 'release'; readonly key: string; readonly owner: string }
  /** Frees the key, whoever owns it (DEL). */
  | { readonly kind: 'delete'; readonly key: string }
  /** Asks who holds the key (KGET). */
  | { readonly kind: 'read'; readonly key: string };

export type OperationOutcome =
  /** No reply came: it took effect before the process died, or never. */
  | { readonly kind: 'unknown' }
  | { readonly kind: 'yes'; readonly token?: number }
  | { readonly kind: 'no' }
  | {
      readonly kind: 'held';
      readonly owner: string;
      readonly token: number;
      readonly ttlMs: number;
    };

/** One operation as its client saw it. Times are of one monotonic clock, in ms. */
export interface HistoryEvent {
  readonly operation: Operation;
  readonly sentAtMs: number;
  /** When the reply came; for an unknown outcome when it was certain that none would. */
  readonly answeredAtMs: number;
  readonly outcome: OperationOutcome;
}

export function describeEvent({
  operation,
  sentAtMs,
  answeredAtMs,
  outcome,
}: HistoryEvent): string {
  const { kind, key } = operation;
  const owner = 'owner' in operation ? ` ${operation.owner.slice(0, ownerCharsShown)}` : '';
  const ttl = 'ttlMs' in operation ? ` ${operation.ttlMs} ms` : '';
  const times = `${sentAtMs.toFixed(1)}..${answeredAtMs.toFixed(1)}`;
  return `${times} ${kind} ${key}${owner}${ttl}: ${describeOutcome(outcome)}`;
}

/** Some owners are long on purpose; their first bytes tell them apart. */
const ownerCharsShown = 24;

function describeOutcome(outcome: OperationOutcome): string {
  if (outcome.kind === 'held') {
    const { owner, token, ttlMs } = outcome;
    return `held by ${owner.slice(0, ownerCharsShown)}, token ${token}, ${ttlMs} ms left`;
  }
  const token = outcome.kind === 'yes' && outcome.token !== undefined ? `, ${outcome.token}` : '';
  return `${outcome.kind}${token}`;
}
