import type { ByteString } from '../base/byte-string.ts';
import { FencepostError } from '../base/errors.ts';
import { limits } from '../base/limits.ts';
import type { CommandTable } from '../commands/command.ts';
import type { ServerPort } from '../commands/server-port.ts';
import type { Partition } from '../partition/partition.ts';
import { Router } from '../partition/router.ts';
import type { RouterPort } from '../partition/router-port.ts';
import { Store } from '../store/store.ts';
import type { Append, StoreOptions } from '../store/store-port.ts';
import { Checkpointer } from './checkpointer.ts';
import { LoopClock } from './loop-clock.ts';
import { recoverPartitions } from './recovery.ts';
import { type NodeStatus, statusOf } from './status.ts';
import { TurnEnd } from './turn-end.ts';

export interface NodeOptions {
  readonly dataFolder: string;
  /** Partitions of slots, at least 1; partition 0 comes on top. */
  readonly partitionCount: number;
  /** See `KeyspaceOptions`. */
  readonly leaseGuardPercent: number;
  readonly fsyncMode: NonNullable<StoreOptions['mode']>;
  readonly commands: CommandTable;
  readonly server: ServerPort;
  readonly log: (message: string, details: object) => void;
  /** A message for this node's subscribers was committed. */
  readonly onPublish: (channel: ByteString, message: ByteString) => void;
  /** A turn ended: outcomes may have become ready, and sessions may write. */
  readonly onTurnEnd: () => void;
  /** The node cannot keep its promises any more, and has told everybody who waited. */
  readonly onFailure: (error: FencepostError) => void;
}

/** What the node's timer works with. Election timeouts matter only beside other nodes. */
const timing = {
  tickMs: 50,
  electionTimeoutTicks: 20,
  heartbeatTicks: 2,
  /** A loop that did not look at its clock for a tick and this much more is late. */
  lateMs: 100,
  /** How often log time moves while leases exist and nothing else happens. */
  idleTimeEntryMs: 1_000,
} as const;

/**
 * One process: its partitions, its disk and its clock, driven in turns.
 *
 * A turn of the event loop collects what all sessions asked for. At its end (the check phase)
 * each partition proposes one entry, all entries go to disk in one write and one fdatasync, the
 * commits release the outcomes, and each session writes once.
 */
export class Node {
  readonly router: RouterPort;
  readonly partitions: readonly Partition[];
  readonly #store: Store;
  readonly #clock: LoopClock;
  readonly #options: NodeOptions;
  readonly #checkpointer: Checkpointer;
  readonly #timer: NodeJS.Timeout;
  readonly #turnEnd = new TurnEnd(() => this.#endTurn());
  #turnBegan = false;
  #driving = false;
  #driveAgain = false;
  #expiresAgain = false;
  #failed = false;
  #stopping = false;
  #undurableCount = 0;
  #onIdle: (() => void) | undefined;

  constructor(
    options: NodeOptions,
    store: Store,
    clock: LoopClock,
    partitions: readonly Partition[],
  ) {
    this.#options = options;
    this.#store = store;
    this.#clock = clock;
    this.partitions = partitions;
    this.#checkpointer = new Checkpointer(store, partitions);
    this.router = new Router({
      partitions,
      commands: options.commands,
      server: options.server,
      wallMs: () => clock.wallMs,
      beginTurn: () => this.#beginTurn(),
    });
    this.#timer = setInterval(() => this.#tick(), timing.tickMs);
  }

  /** The state of the partitions at this moment. */
  status(): NodeStatus {
    const { segmentCount, turnsInFlight } = this.#store;
    const bytesSinceCheckpoint = this.partitions.reduce(
      (sum, { id }) => sum + this.#store.logBytesSinceCheckpoint(id),
      0,
    );
    const checkpointCount = this.#checkpointer.count;
    const log = { segmentCount, turnsInFlight, bytesSinceCheckpoint, checkpointCount };
    return statusOf(this.partitions, log);
  }

  /** Nothing that was executed waits for the disk. */
  get #idle(): boolean {
    return this.#undurableCount === 0 && this.partitions.every(({ settled }) => settled);
  }

  /** Ends the turn soon, after the sockets that are readable now were read. */
  requestTurnEnd(): void {
    this.#turnEnd.request();
  }

  /** Starts every group; a group of one needs no timeout to elect itself. */
  lead(): void {
    this.#beginTurn();
    for (const { raft } of this.partitions) raft.campaign();
    this.#drive();
  }

  /** Answers what is held, brings everything to disk and closes it. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    this.#stopping = true;
    while (!this.#failed && !this.#idle) {
      this.#endTurn();
      if (this.#undurableCount === 0) continue;
      await new Promise<void>((resolve) => {
        this.#onIdle = resolve;
      });
    }
    await this.#checkpointer.idle();
    await this.#store.close();
  }

  /** The disk failed: nobody who waits will be answered with more than that. */
  fail(failure: FencepostError): void {
    if (this.#failed) return;
    this.#failed = true;
    for (const partition of this.partitions) partition.giveUp('the log could not be written');
    this.#options.onTurnEnd();
    this.#options.onFailure(failure);
    this.#onIdle?.();
  }

  /**
   * Called before every command. Within a turn only the clock goes on, so that a lease is counted
   * from when it was asked for and not from the beginning of a long turn; leases end as of the
   * beginning, because a renewal may wait in a socket that the turn has not read.
   */
  #beginTurn(): void {
    this.#turnEnd.countCommand();
    const clock = this.#clock;
    const begins = !this.#turnBegan;
    const beforeMs = clock.monotonicMs;
    if (begins) clock.beginTurn();
    else clock.look();
    const { monotonicMs } = clock;
    if (!begins && monotonicMs === beforeMs) return;
    const mayExpire = begins && !clock.late;
    for (const partition of this.partitions) partition.setTime(monotonicMs, mayExpire);
    this.#turnBegan = true;
    this.requestTurnEnd();
  }

  #endTurn(): void {
    this.#turnBegan = false;
    if (this.#failed) return this.#options.onTurnEnd();
    // With too many writes under way the turn goes on: the next one to end will end it.
    if (this.#store.turnsInFlight < limits.turnsInFlightMax) {
      for (const partition of this.partitions) partition.endTurn();
      this.#drive();
      if (!this.#stopping && !this.#failed) this.#checkpointer.maybeBegin();
    }
    this.#options.onTurnEnd();
  }

  #tick(): void {
    this.#clock.followWallClock();
    this.#beginTurn();
    if (this.#failed) return;
    for (const partition of this.partitions) {
      partition.raft.tick();
      partition.maybeProposeTime(timing.idleTimeEntryMs);
    }
    this.#expire();
  }

  /** Expires in bounded steps: what is left follows in the next turn, after its sockets. */
  #expire(): void {
    let more = false;
    for (const partition of this.partitions) more = partition.expireDue() || more;
    if (!more || this.#expiresAgain) return;
    this.#expiresAgain = true;
    setImmediate(() => {
      this.#expiresAgain = false;
      if (this.#stopping || this.#failed) return;
      this.#beginTurn();
      this.#expire();
    });
  }

  /** Moves outputs of the groups to the disk and back until there are none. */
  #drive(): void {
    this.#driveAgain = true;
    if (this.#driving) return;
    this.#driving = true;
    while (this.#driveAgain && !this.#failed) {
      this.#driveAgain = false;
      this.#driveOnce();
    }
    this.#driving = false;
  }

  #driveOnce(): void {
    const appends: Append[] = [];
    for (const partition of this.partitions) {
      if (!partition.raft.hasOutput) continue;
      const output = partition.raft.takeOutput();
      const { hardState, entries } = output;
      partition.noteAppended(entries);
      if (hardState !== undefined) appends.push({ partition: partition.id, hardState, entries });
      else if (entries.length > 0) appends.push({ partition: partition.id, entries });
      partition.advance(output);
      this.#driveAgain ||= partition.raft.hasOutput;
    }
    if (appends.length === 0) return;
    this.#undurableCount += 1;
    this.#store.append(appends, () => this.#durable(appends));
  }

  /** The disk holds these appends: the groups may count them. */
  #durable(appends: readonly Append[]): void {
    this.#undurableCount -= 1;
    if (this.#failed) return;
    for (const { partition: id, hardState, entries } of appends) {
      const raft = this.partitions[id]?.raft;
      const last = entries.at(-1);
      if (hardState !== undefined) raft?.saved(hardState);
      if (last !== undefined) raft?.appended(last.index, last.term);
    }
    if (this.#driving) {
      this.#driveAgain = true;
      return;
    }
    this.#drive();
    this.requestTurnEnd();
    if (this.#undurableCount === 0) this.#onIdle?.();
  }
}

/**
 * Opens the data folder, recovers the partitions and leads them.
 *
 * @returns a node that serves
 * @throws FencepostError with a `DATA_…` code, or `BAD_OPTION`
 */
export async function startNode(options: NodeOptions): Promise<Node> {
  let node: Node | undefined;
  const store = await Store.open({
    folder: options.dataFolder,
    mode: options.fsyncMode,
    log: options.log,
    onFailure: (failure) => node?.fail(failure),
  });
  try {
    const clock = new LoopClock(timing.tickMs + timing.lateMs);
    const partitions = await recoverPartitions(store, {
      partitionCount: options.partitionCount,
      leaseGuardPercent: options.leaseGuardPercent,
      electionTimeoutTicks: timing.electionTimeoutTicks,
      heartbeatTicks: timing.heartbeatTicks,
      monotonicMs: clock.monotonicMs,
      graceMs: 2 * timing.electionTimeoutTicks * timing.tickMs,
      onPublish: ({ channel, message }) => options.onPublish(channel, message),
    });
    node = new Node(options, store, clock, partitions);
  } catch (failure) {
    await store.close();
    throw failure;
  }
  node.lead();
  await readiness(node);
  return node;
}

/** A group of one is ready after two writes; on the loop at once, else after a few turns. */
async function readiness(node: Node): Promise<void> {
  for (let waitedMs = 0; waitedMs < limits.leadershipWaitMs; waitedMs += 1) {
    if (node.partitions.every(({ ready }) => ready)) return;
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  throw new FencepostError('DISK_FAILED', 'the first write to the log did not end in time');
}
