import { probe } from './liveness.ts';
import type { Profile } from './profile.ts';
import { replaceTransport } from './sim-transport.ts';
import { Violation } from './violation.ts';
import { World, type WorldOptions } from './world.ts';

/** What a run did. */
export interface RunCounts {
  readonly events: number;
  readonly simulatedMs: number;
  readonly faults: number;
  readonly leaders: number;
  readonly committed: number;
  readonly cuts: number;
  readonly checkpoints: number;
  readonly installs: number;
  readonly starts: number;
  readonly requests: number;
  readonly done: number;
  readonly reads: number;
  readonly unknown: number;
  readonly down: number;
  readonly grants: number;
  readonly expiries: number;
  /** Entries that changed members, commands of operators, and clusters without any founder. */
  readonly memberChanges: number;
  readonly operations: number;
  readonly replaced: number;
  readonly executed: number;
  readonly aborted: number;
  readonly published: number;
  readonly heard: number;
}

/** The invariant that a run broke, and how. */
export interface BrokenInvariant {
  readonly invariant: string;
  readonly message: string;
}

export interface RunResult {
  readonly seed: number;
  readonly hash: string;
  readonly profile: Profile;
  readonly counts: RunCounts;
  readonly faultsByKind: ReadonlyMap<string, number>;
  readonly violation: BrokenInvariant | undefined;
  /** Why the run proves nothing; empty if it proves something. */
  readonly gaps: readonly string[];
}

/** Runs one seed: a safety phase under faults, then, when they have ended, a liveness phase. */
export async function runSeed(options: WorldOptions): Promise<RunResult> {
  replaceTransport();
  const world = new World(options);
  const rejections: unknown[] = [];
  const rejected = (reason: unknown): void => void rejections.push(reason);
  process.on('unhandledRejection', rejected);
  let violation: BrokenInvariant | undefined;
  try {
    world.start();
    await advance(world, world.profile.safetyMs, rejections);
    options.trace?.('--- faults end');
    world.nemesis.heal();
    await probe(world, (ms) => advance(world, ms, rejections));
  } catch (failure) {
    violation = violationOf(failure);
  } finally {
    process.off('unhandledRejection', rejected);
  }
  return resultOf(options.seed, world, violation);
}

/** Lets virtual time pass, and looks at the replicas after every event. */
async function advance(world: World, ms: number, rejections: readonly unknown[]): Promise<void> {
  const { scheduler } = world;
  const untilMicros = scheduler.nowMicros + ms * 1_000;
  for (;;) {
    if (world.drainDue) {
      world.drainDue = false;
      await microtasks();
      if (rejections.length > 0) throw rejections[0];
    }
    world.observe();
    if (!scheduler.step(untilMicros) && !world.drainDue) return;
  }
}

/** Every promise that can go on has done so when this one does. */
function microtasks(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function violationOf(failure: unknown): BrokenInvariant {
  if (failure instanceof Violation) {
    return { invariant: failure.invariant, message: failure.message };
  }
  const told = failure instanceof Error ? (failure.stack ?? failure.message) : String(failure);
  const invariant = 'the product does not throw';
  return { invariant, message: `${invariant}: ${told}` };
}

function resultOf(seed: number, world: World, violation: BrokenInvariant | undefined): RunResult {
  const { scheduler, profile, nemesis, groups, nodes, book, clientCounts } = world;
  const { operator, roster, transactions, messages } = world;
  const sum = (values: readonly number[]): number =>
    values.reduce((total, each) => total + each, 0);
  const counts: RunCounts = {
    events: scheduler.eventCount,
    simulatedMs: scheduler.nowMs,
    faults: sum([...nemesis.counts.values()]),
    leaders: sum(groups.map((group) => group.counts.leaders)),
    committed: sum(groups.map((group) => group.counts.committed)),
    cuts: sum(groups.map((group) => group.counts.cuts)),
    checkpoints: sum(nodes.map((node) => node.checkpointCount)),
    installs: world.installCount,
    starts: world.restartCount,
    requests: clientCounts.sent,
    done: clientCounts.done,
    reads: clientCounts.reads,
    unknown: clientCounts.unknown,
    down: clientCounts.down,
    grants: book.grantCount,
    expiries: book.expiryCount,
    memberChanges: sum(groups.map(({ members }) => members.changeCount)),
    operations: operator.doneCount,
    replaced: roster.isReplaced ? 1 : 0,
    executed: transactions.executedCount,
    aborted: transactions.abortedCount,
    published: messages.committedCount,
    heard: messages.heardCount,
  };
  const faultsByKind = nemesis.counts;
  const gaps = gapsOf(counts, groups.length);
  return { seed, hash: scheduler.hash, profile, counts, faultsByKind, violation, gaps };
}

/** A run in which none of this happened proves nothing. */
export function gapsOf(counts: RunCounts, groupCount: number): readonly string[] {
  const gaps: string[] = [];
  if (counts.leaders <= groupCount) gaps.push('leadership never moved');
  if (counts.checkpoints === 0) gaps.push('nothing was compacted');
  if (counts.reads === 0) gaps.push('nothing was read');
  if (counts.grants === 0) gaps.push('nothing was granted');
  return gaps;
}
