import { describeEvent, type HistoryEvent } from './history.ts';
import { freeKey, type KeyState, statesAfter, stillMs } from './lease-model.ts';
import { TokenBook } from './token-book.ts';

/** A way in which the operations so far may have taken effect, one after the other. */
interface Path {
  readonly state: KeyState;
  /** Operations that were sent, by their place in the segment, and have not taken effect. */
  readonly waiting: readonly number[];
}

interface KeyHistory {
  states: readonly KeyState[];
  /** The last events, to be shown with a violation. */
  recent: HistoryEvent[];
}

/** More than any real history needs; beyond it the check would not end. */
const pathCountMax = 50_000;
const recentCount = 24;

/**
 * Judges what clients saw against the model of a lease: for each key there must be an order in
 * which the operations took effect, each between its request and its reply, that explains every
 * reply (linearizability, which holds for the whole if it holds for each key). An operation
 * without a reply took effect at some time in its segment, or never. Tokens are judged over all
 * keys together.
 */
export class HistoryChecker {
  readonly #keys = new Map<string, KeyHistory>();
  readonly #tokens = new TokenBook();
  readonly #violations: string[] = [];

  /** What was found so far, one sentence each with the events that led to it. */
  get violations(): readonly string[] {
    return [...this.#violations, ...this.#tokens.violations()];
  }

  /** How many different tokens were seen. */
  get tokenCount(): number {
    return this.#tokens.size;
  }

  /**
   * Adds what happened from one start of the server to its end.
   *
   * @param stretchMs by how much leases may last longer after it, besides `stillMs`: log time
   *   stands still while the server is down, and falls back to that of the last entry
   */
  addSegment(events: readonly HistoryEvent[], stretchMs: number): void {
    for (const [key, ofKey] of byKey(events)) this.#addToKey(key, ofKey);
    for (const event of events) this.#tokens.add(event);
    for (const history of this.#keys.values()) {
      history.states = history.states.map((state) => stretched(state, stretchMs));
    }
  }

  #addToKey(key: string, events: readonly HistoryEvent[]): void {
    const history = this.#keys.get(key) ?? { states: [freeKey], recent: [] };
    this.#keys.set(key, history);
    const seen: HistoryEvent[] = [];
    let paths: readonly Path[] = history.states.map((state) => ({ state, waiting: [] }));
    for (const { at, isReply } of momentsOf(events)) {
      const event = events[at];
      if (event === undefined) continue;
      if (!isReply) {
        seen.push(event);
        paths = paths.map(({ state, waiting }) => ({ state, waiting: [...waiting, at] }));
        continue;
      }
      const next = pathsWithout(at, paths, events);
      if (next.length > 0) {
        paths = next;
        continue;
      }
      const told = [...history.recent, ...seen].slice(-recentCount).map(describeEvent);
      const states = history.states.map((state) => JSON.stringify(state).slice(0, 300));
      this.#violations.push(
        `nothing explains ${describeEvent(event)}\n  after\n    ${told.join('\n    ')}\n` +
          `  from\n    ${states.join('\n    ')}`,
      );
      this.#keys.delete(key);
      return;
    }
    history.states = statesAtEnd(paths, events);
    history.recent = [...history.recent, ...events].slice(-recentCount);
  }
}

function byKey(events: readonly HistoryEvent[]): ReadonlyMap<string, readonly HistoryEvent[]> {
  const groups = new Map<string, HistoryEvent[]>();
  for (const event of events) {
    const group = groups.get(event.operation.key);
    if (group === undefined) groups.set(event.operation.key, [event]);
    else group.push(event);
  }
  return groups;
}

/** Requests and replies in the order of time; at the same time requests first. */
function momentsOf(
  events: readonly HistoryEvent[],
): readonly { readonly at: number; readonly isReply: boolean }[] {
  const moments: { at: number; isReply: boolean; timeMs: number }[] = [];
  for (const [at, { sentAtMs, answeredAtMs, outcome }] of events.entries()) {
    moments.push({ at, isReply: false, timeMs: sentAtMs });
    if (outcome.kind === 'unknown') continue;
    moments.push({ at, isReply: true, timeMs: answeredAtMs });
  }
  return moments.sort((a, b) => a.timeMs - b.timeMs || Number(a.isReply) - Number(b.isReply));
}

/** The paths on which operation `wanted` has taken effect, alone or after others that waited. */
function pathsWithout(
  wanted: number,
  paths: readonly Path[],
  events: readonly HistoryEvent[],
): readonly Path[] {
  const isDone = ({ waiting }: Path): boolean => !waiting.includes(wanted);
  return pathsFrom(paths, events, isDone).filter(isDone);
}

/** These paths and all that lead on from them, but for what leads on from one that is done. */
function pathsFrom(
  paths: readonly Path[],
  events: readonly HistoryEvent[],
  isDone: (path: Path) => boolean,
): readonly Path[] {
  const found = new Map(paths.map((path) => [nameOf(path), path]));
  const open = [...found.values()];
  for (let path = open.pop(); path !== undefined; path = open.pop()) {
    if (isDone(path)) continue;
    for (const next of pathsAfterOne(path, events)) {
      const name = nameOf(next);
      if (found.has(name)) continue;
      found.set(name, next);
      open.push(next);
    }
    if (found.size > pathCountMax) throw new RangeError('too many operations at once to judge');
  }
  return [...found.values()];
}

function pathsAfterOne(path: Path, events: readonly HistoryEvent[]): readonly Path[] {
  return path.waiting.flatMap((at) => {
    const event = events[at];
    if (event === undefined) return [];
    const waiting = path.waiting.filter((other) => other !== at);
    return statesAfter(path.state, event).map((state) => ({ state, waiting }));
  });
}

/** What still waits has no reply: any of it may have taken effect, in any order. */
function statesAtEnd(paths: readonly Path[], events: readonly HistoryEvent[]): readonly KeyState[] {
  const states = new Map<string, KeyState>();
  for (const { state } of pathsFrom(paths, events, () => false)) {
    states.set(nameOf({ state, waiting: [] }), state);
  }
  return [...states.values()];
}

function nameOf({ state, waiting }: Path): string {
  const { lease, tokenFloor } = state;
  const held =
    lease === undefined
      ? ''
      : `${lease.owner},${lease.token},${lease.heldUntilMs},${lease.endsByMs}`;
  return `${tokenFloor};${held};${waiting.join()}`;
}

function stretched(state: KeyState, stretchMs: number): KeyState {
  const { lease } = state;
  if (lease === undefined) return state;
  return { ...state, lease: { ...lease, endsByMs: lease.endsByMs + stretchMs + stillMs } };
}
