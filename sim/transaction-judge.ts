import type { Reply } from '../src/resp/reply.ts';
import type { LeaseBook, Version } from './lease-book.ts';
import type { Span } from './reply-judge.ts';
import { check } from './violation.ts';

/** One command of a queue. */
export type QueuedOperation =
  | { readonly kind: 'read'; readonly key: string }
  | { readonly kind: 'acquire'; readonly key: string; readonly owner: string }
  | { readonly kind: 'release'; readonly key: string; readonly owner: string };

export interface Executed {
  readonly queue: readonly QueuedOperation[];
  /** The keys under WATCH, and when that was answered with OK. */
  readonly watched: readonly string[];
  readonly watchedAtMicros: number;
}

interface Change {
  readonly key: string;
  readonly version: Version;
}

type State = ReadonlyMap<string, Version>;

/**
 * Judges the replies of EXEC against the committed history of its keys: there must be a moment
 * within its span at which the whole queue, run as one unit, gives these replies and the changes
 * that follow in the log, all in one entry; and no watched key changed between WATCH and then.
 */
export class TransactionJudge {
  readonly #book: LeaseBook;
  executedCount = 0;
  abortedCount = 0;

  constructor(book: LeaseBook) {
    this.#book = book;
  }

  /** The queue ran. */
  executed(executed: Executed, replies: readonly Reply[], span: Span): void {
    this.executedCount += 1;
    const { queue, watched } = executed;
    const keys = [...new Set([...watched, ...queue.map(({ key }) => key)])];
    const first = new Map<string, Version>();
    const changes: Change[] = [];
    for (const key of keys) {
      const versions = this.#book.versionsBetween(key, span.arrivedAtMicros, span.answeredAtMicros);
      const [before, ...later] = versions;
      if (before !== undefined) first.set(key, before);
      for (const version of later) changes.push({ key, version });
    }
    changes.sort((left, right) => left.version.order - right.version.order);
    const told = (): string => {
      const seen = changes.map(({ key, version }) => `${key}: ${version.lease?.value}`);
      return `${JSON.stringify(queue)} got ${JSON.stringify(replies)}; ${seen.join(', ')}`;
    };
    const moments = momentsOf(first, changes).filter(({ state, at }) => {
      return explains({ queue, replies, changes }, { state, at });
    });
    check(moments.length > 0, 'a transaction runs as one unit', told);
    const unwatched = moments.some(({ state }) => this.#unchanged(executed, state));
    check(unwatched, 'EXEC runs only if no watched key has changed', told);
  }

  /** The queue did not run. */
  aborted({ queue }: Pick<Executed, 'queue'>, nowMicros: number): void {
    this.abortedCount += 1;
    for (const operation of queue) {
      if (operation.kind !== 'acquire') continue;
      const { key, owner } = operation;
      const versions = this.#book.versionsBetween(key, 0, nowMicros);
      const granted = versions.some(({ lease }) => lease?.value === owner);
      check(!granted, 'what was aborted did not happen', () => `${owner} holds ${key}`);
    }
  }

  /** Whatever was committed when WATCH was answered, WATCH saw: its reply waits for that. */
  #unchanged({ watched, watchedAtMicros }: Executed, state: State): boolean {
    return watched.every((key) => {
      const seen = this.#book.versionsBetween(key, watchedAtMicros, watchedAtMicros).at(-1);
      return (state.get(key)?.order ?? 0) <= (seen?.order ?? 0);
    });
  }
}

interface Moment {
  readonly state: State;
  /** The place of the first change after it. */
  readonly at: number;
}

function momentsOf(first: State, changes: readonly Change[]): readonly Moment[] {
  const moments: Moment[] = [{ state: first, at: 0 }];
  let state = first;
  for (const [at, { key, version }] of changes.entries()) {
    state = new Map(state).set(key, version);
    moments.push({ state, at: at + 1 });
  }
  return moments;
}

interface Attempt {
  readonly queue: readonly QueuedOperation[];
  readonly replies: readonly Reply[];
  readonly changes: readonly Change[];
}

/** A place in the run of a queue: what has been run, and which changes that explains. */
interface Step {
  readonly state: State;
  readonly at: number;
  readonly number: number;
  /** The entry that holds the changes so far; 0 before the first. */
  readonly index: number;
}

/** Whether the queue, run from there, gives these replies and the changes that follow. */
function explains(attempt: Attempt, { state, at }: Moment): boolean {
  if (attempt.replies.length !== attempt.queue.length) return false;
  const open: Step[] = [{ state, at, number: 0, index: 0 }];
  for (let step = open.pop(); step !== undefined; step = open.pop()) {
    if (step.number === attempt.queue.length) return true;
    open.push(...stepsFrom(attempt, step));
  }
  return false;
}

function stepsFrom({ queue, replies, changes }: Attempt, step: Step): readonly Step[] {
  const operation = queue[step.number];
  const reply = replies[step.number];
  const change = changes[step.at];
  if (operation === undefined || reply === undefined) return [];
  const { key } = operation;
  const taken = change === undefined ? undefined : afterChange(step, change);
  const steps: Step[] = [];
  // The command may find that the time of the lease is over.
  if (taken !== undefined && change?.key === key && change.version.isExpiry) steps.push(taken);
  const holder = step.state.get(key)?.lease?.value;
  if (!fits(operation, reply, holder)) return steps;
  const number = step.number + 1;
  if (!changesKey(operation, holder)) steps.push({ ...step, number });
  else if (taken !== undefined && change?.key === key && isMade(operation, reply, change.version)) {
    steps.push({ ...taken, number });
  }
  return steps;
}

/** Undefined if the change belongs to another entry: a queue leaves its changes in one. */
function afterChange(step: Step, { key, version }: Change): Step | undefined {
  if (step.index !== 0 && step.index !== version.index) return undefined;
  const state = new Map(step.state).set(key, version);
  return { ...step, state, at: step.at + 1, index: version.index };
}

function isMade(operation: QueuedOperation, reply: Reply, version: Version): boolean {
  if (operation.kind !== 'acquire') return version.lease === undefined && !version.isExpiry;
  return version.lease?.value === operation.owner && showsToken(reply, version);
}

/** Every owner of a queue is a new one, so a lease is never taken by who holds it. */
function changesKey(operation: QueuedOperation, holder: string | undefined): boolean {
  if (operation.kind === 'acquire') return holder === undefined;
  return operation.kind === 'release' && holder === operation.owner;
}

function fits(operation: QueuedOperation, reply: Reply, holder: string | undefined): boolean {
  if (operation.kind === 'read') {
    return holder === undefined
      ? reply.kind === 'null'
      : reply.kind === 'bulk' && reply.value === holder;
  }
  const taken = changesKey(operation, holder);
  if (operation.kind === 'acquire' && !taken) return reply.kind === 'null';
  if (reply.kind !== 'integer') return false;
  return operation.kind === 'acquire' || Number(reply.value) === (taken ? 1 : 0);
}

function showsToken(reply: Reply, { lease }: Version): boolean {
  return reply.kind === 'integer' && Number(reply.value) === lease?.token;
}
