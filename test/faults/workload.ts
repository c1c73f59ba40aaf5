import type { HistoryEvent, Operation } from '../../checker/history.ts';
import { Connection } from '../../harness/connection.ts';
import { elapse } from '../../harness/elapse.ts';
import {
  commandOf,
  noteHolder,
  outcomeOf,
  perform,
  type Spelling,
} from '../../harness/lease-commands.ts';
import type { Prng } from '../../src/base/prng.ts';

export interface WorkloadOptions {
  readonly port: number;
  readonly prng: Prng;
  /** Makes the owners of this run different from those of every other. */
  readonly name: string;
  readonly connections: number;
  /** What is known of the keys before: without it, old leases would refuse nearly everything. */
  readonly before: readonly HistoryEvent[];
  /** One owner in so many is long, so that the log grows; one in 12 if left out. */
  readonly longOwnerOneIn?: number;
}

/** Runs of operations that share one connection, each with one operation under way. */
const runsPerConnection = 2;
const ownKeysPerRun = 3;
/** Keys that all runs fight for. */
const sharedKeyCount = 6;
const minuteMs = 60_000;
/** Bytes that some owners have, so that the log grows and checkpoints are written. */
const longOwnerBytes = 20_000;

/** All keys that a workload with so many connections may touch. */
export function keysOf(connections: number): readonly string[] {
  const runs = connections * runsPerConnection;
  const own = Array.from({ length: runs }, (_, run) => ownKeysOf(run)).flat();
  return [...own, ...sharedKeys];
}

/**
 * Clients that take, extend and release leases as fast as they get replies, and write down what
 * they saw, until `until` has passed or their connections end.
 */
export class Workload {
  readonly events: HistoryEvent[] = [];
  readonly #options: WorkloadOptions;
  readonly #connections: Connection[] = [];
  #runs: Promise<void>[] = [];
  #stopping = false;
  #failure: unknown;

  constructor(options: WorkloadOptions) {
    this.#options = options;
  }

  /** Opens the connections; the runs go on from there. */
  async start(): Promise<void> {
    const { port, connections } = this.#options;
    for (let number = 0; number < connections; number += 1) {
      const connection = await Connection.open(port);
      this.#connections.push(connection);
    }
    this.#runs = this.#connections.flatMap((connection, number) =>
      Array.from({ length: runsPerConnection }, (_, lane) =>
        this.#run(connection, number * runsPerConnection + lane),
      ),
    );
  }

  /** The server is gone: every run has ended when this resolves. */
  async ended(): Promise<void> {
    await Promise.all(this.#runs);
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** Goes on for a while, lets every operation that is under way end, and disconnects. */
  async until(ms: number): Promise<void> {
    await elapse(ms);
    this.#stopping = true;
    await this.ended();
    for (const connection of this.#connections) connection.close();
  }

  async #run(connection: Connection, run: number): Promise<void> {
    const { prng, name, before, longOwnerOneIn = 12 } = this.#options;
    const own = ownKeysOf(run);
    const holds = holdersOf(before, [...own, ...sharedKeys]);
    for (let count = 0; !this.#stopping; count += 1) {
      const key = prng.oneIn(3) ? prng.pick(sharedKeys) : prng.pick(own);
      const padding = prng.oneIn(longOwnerOneIn) ? 'x'.repeat(longOwnerBytes) : '';
      const owner = `${name}.${run}.${count}.${padding}`;
      const isShared = sharedKeys.includes(key);
      const ttlMs = isShared && prng.oneIn(2) ? prng.between(1, 60) : longTtl(prng);
      const operation = chooseOperation({ prng, key, owner, ttlMs, held: holds.get(key) });
      const event = await this.#perform(connection, operation, prng.pick(spellings));
      if (event === undefined) return;
      this.events.push(event);
      if (event.outcome.kind === 'unknown') return;
      noteHolder(holds, event);
    }
  }

  /** The event, also if no reply came; undefined if the run cannot go on. */
  async #perform(
    connection: Connection,
    operation: Operation,
    spelling: Spelling,
  ): Promise<HistoryEvent | undefined> {
    const sentAtMs = performance.now();
    const command = commandOf(operation, spelling);
    const reply = await connection.send(...command).catch(() => undefined);
    const answeredAtMs = performance.now();
    if (reply === undefined) {
      this.events.push({ operation, sentAtMs, answeredAtMs, outcome: { kind: 'unknown' } });
      return undefined;
    }
    try {
      const outcome = outcomeOf(operation, spelling, reply);
      return { operation, sentAtMs, answeredAtMs, outcome };
    } catch (failure) {
      this.#failure ??= failure;
      return undefined;
    }
  }
}

/** Asks who holds each key. */
export async function readKeys(port: number, keys: readonly string[]): Promise<HistoryEvent[]> {
  const connection = await Connection.open(port);
  const reads = keys.map((key) => perform(connection, { kind: 'read', key }, readMsMax));
  const events = await Promise.all(reads);
  connection.close();
  return events;
}

const readMsMax = 30_000;
const spellings: readonly Spelling[] = ['own', 'redis'];
const sharedKeys = Array.from({ length: sharedKeyCount }, (_, number) => `shared:${number}`);

function ownKeysOf(run: number): readonly string[] {
  return Array.from({ length: ownKeysPerRun }, (_, number) => `own:${run}:${number}`);
}

/** Minutes that tell an extension from the lease it extended. */
function longTtl(prng: Prng): number {
  return prng.between(10, 1_000) * minuteMs;
}

function chooseOperation({
  prng,
  key,
  owner,
  ttlMs,
  held,
}: {
  readonly prng: Prng;
  readonly key: string;
  readonly owner: string;
  readonly ttlMs: number;
  readonly held: string | undefined;
}): Operation {
  const choice = prng.below(100);
  if (held === undefined || choice < 10) {
    if (choice % 10 === 0) return { kind: 'read', key };
    if (choice % 10 === 1) return { kind: 'delete', key };
    return prng.oneIn(2) ? { kind: 'lock', key, owner, ttlMs } : { kind: 'set', key, owner, ttlMs };
  }
  if (choice < 20) return { kind: 'lock', key, owner: held, ttlMs };
  if (choice < 50) return { kind: 'extend', key, owner: held, ttlMs };
  if (choice < 60) return { kind: 'move', key, ttlMs };
  if (choice < 90) return { kind: 'release', key, owner: held };
  return { kind: 'delete', key };
}

function holdersOf(events: readonly HistoryEvent[], keys: readonly string[]): Map<string, string> {
  const holders = new Map<string, string>();
  for (const { operation, outcome } of events) {
    if (outcome.kind === 'held' && keys.includes(operation.key)) {
      holders.set(operation.key, outcome.owner);
    }
  }
  return holders;
}
