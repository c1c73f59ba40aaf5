import { describeEvent, type HistoryEvent } from '../checker/history.ts';
import { HistoryChecker } from '../checker/history-checker.ts';
import { partitionOfSlot, slotOf } from '../src/keyspace/slot.ts';
import { DensityBook } from './density.ts';
import { judgeLateness, type LateBetween } from './lateness.ts';
import { withEarlierRuns } from './repetition.ts';

/** The partition, from 1, that owns a key in a cluster of so many. */
export function partitionOfKey(key: string, partitionCount: number): number {
  return partitionOfSlot(slotOf(key), partitionCount);
}

/**
 * Judges what all clients saw, partition by partition, because tokens are counted in each:
 * exclusion, lost grants, illegal refusals and early ends by the model of a lease, the order of
 * tokens and their density by books of their own, and missing ends by how late a lease may be.
 */
export class Judge {
  readonly #partitionCount: number;
  readonly #checkers = new Map<number, HistoryChecker>();
  readonly #densities = new Map<number, DensityBook>();
  readonly #violations: string[] = [];
  /** What happened next to the key of each violation: it often shows the cause. */
  readonly #aftermaths = new Map<string, string>();
  #eventCount = 0;
  #unknownCount = 0;
  #grantCount = 0;

  constructor(partitionCount: number) {
    this.#partitionCount = partitionCount;
  }

  get violations(): readonly string[] {
    const ofCheckers = [...this.#checkers].flatMap(([partition, checker]) =>
      checker.violations.map(
        (violation) =>
          `partition ${partition}: ${violation}${this.#aftermaths.get(violation) ?? ''}`,
      ),
    );
    return [...this.#violations, ...ofCheckers];
  }

  get tokenCount(): number {
    return [...this.#checkers.values()].reduce((sum, { tokenCount }) => sum + tokenCount, 0);
  }

  get eventCount(): number {
    return this.#eventCount;
  }

  get unknownCount(): number {
    return this.#unknownCount;
  }

  get grantCount(): number {
    return this.#grantCount;
  }

  /**
   * Adds the whole history of some keys that no other round uses.
   *
   * @param lateBetween by how much their leases may have lasted longer than their time
   */
  addRound(events: readonly HistoryEvent[], lateBetween: LateBetween): void {
    const { violations, events: onTime } = judgeLateness(
      untilTheEnd(withEarlierRuns(events)),
      lateBetween,
    );
    this.#violations.push(...violations);
    for (const event of events) this.#count(event);
    const byPartition = new Map<number, HistoryEvent[]>();
    for (const event of onTime) {
      const partition = this.#partitionOf(event);
      const group = byPartition.get(partition);
      if (group === undefined) byPartition.set(partition, [event]);
      else group.push(event);
    }
    for (const [partition, ofPartition] of byPartition) {
      const density = this.#densities.get(partition) ?? new DensityBook();
      this.#densities.set(partition, density);
      density.addRound(ofPartition);
      const checker = this.#checkers.get(partition) ?? new HistoryChecker();
      this.#checkers.set(partition, checker);
      const before = checker.violations.length;
      try {
        checker.addSegment(ofPartition, 0);
        for (const violation of checker.violations.slice(before)) {
          this.#aftermaths.set(violation, aftermathOf(violation, ofPartition));
        }
      } catch (failure) {
        if (!(failure instanceof RangeError)) throw failure;
        this.#violations.push(`partition ${partition} was not judged: ${failure.message}`);
      }
    }
  }

  /** The very last grant of each partition, one event each, after everything else was added. */
  addLastGrants(events: readonly HistoryEvent[]): void {
    for (const event of events) {
      const partition = this.#partitionOf(event);
      const { outcome } = event;
      this.addRound([event], () => 0);
      if (outcome.kind !== 'yes' || outcome.token === undefined) {
        this.#violations.push(`partition ${partition} refused its last grant`);
        continue;
      }
      const wrong = this.#densities.get(partition)?.judge(outcome.token);
      if (wrong !== undefined) this.#violations.push(`partition ${partition}: ${wrong}`);
    }
  }

  #partitionOf({ operation }: HistoryEvent): number {
    return partitionOfKey(operation.key, this.#partitionCount);
  }

  #count({ operation, outcome }: HistoryEvent): void {
    this.#eventCount += 1;
    if (outcome.kind === 'unknown') this.#unknownCount += 1;
    const acquires = operation.kind === 'set' || operation.kind === 'lock';
    if (acquires && outcome.kind === 'yes') this.#grantCount += 1;
  }
}

/**
 * A request without a reply may wait in the socket of a process that is stopped, so it can take
 * effect as long as its round lasts, not only until its client gave up.
 */
function untilTheEnd(events: readonly HistoryEvent[]): readonly HistoryEvent[] {
  const endMs = events.reduce((latest, { answeredAtMs }) => Math.max(latest, answeredAtMs), 0);
  return events.map((event) =>
    event.outcome.kind === 'unknown' ? { ...event, answeredAtMs: endMs } : event,
  );
}

const aftermathCount = 16;

/** The events of the key behind the one that nothing explains, in the order of their replies. */
function aftermathOf(violation: string, events: readonly HistoryEvent[]): string {
  const [headline = ''] = violation.split('\n');
  const culprit = events.find((event) => headline.endsWith(describeEvent(event)));
  if (culprit === undefined) return '';
  const later = events
    .filter(({ operation }) => operation.key === culprit.operation.key)
    .filter(({ answeredAtMs }) => answeredAtMs >= culprit.answeredAtMs)
    .sort((a, b) => a.answeredAtMs - b.answeredAtMs)
    .slice(1, 1 + aftermathCount);
  return `\n  then\n    ${later.map(describeEvent).join('\n    ')}`;
}
