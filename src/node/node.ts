import type { ByteString } from '../base/byte-string.ts';
import type { FencepostError } from '../base/errors.ts';
import { limits } from '../base/limits.ts';
import type { ClusterView } from '../commands/cluster-view.ts';
import type { CommandTable } from '../commands/command.ts';
import type { ServerPort } from '../commands/server-port.ts';
import type { Partition } from '../partition/partition.ts';
import { Router } from '../partition/router.ts';
import type { RouterPort } from '../partition/router-port.ts';
import type { Output } from '../raft/output.ts';
import type { Store } from '../store/store.ts';
import type { StoreOptions } from '../store/store-port.ts';
import { Checkpointer } from './checkpointer.ts';
import type { ClusterOptions } from './cluster-options.ts';
import { ClusterParts, type ClusterStart } from './cluster-parts.ts';
import { Engine } from './engine.ts';
import type { LoopClock } from './loop-clock.ts';
import { type NodeStatus, statusOf } from './status.ts';
import { timing } from './timing.ts';
import { TurnEnd } from './turn-end.ts';

export interface NodeOptions {
  readonly dataFolder: string;
  /** Partitions of slots; partition 0 comes on top. 0: as many as the data folder has, or 1. */
  readonly partitionCount: number;
  /** See `KeyspaceOptions`. */
  readonly leaseGuardPercent: number;
  readonly fsyncMode: NonNullable<StoreOptions['mode']>;
  readonly commands: CommandTable;
  readonly server: ServerPort;
  /** Absent for a node alone, unless its data folder says that it belongs to a cluster. */
  readonly cluster?: ClusterOptions | undefined;
  /**
   * Rejects if clients could not be served at all. Awaited before a new folder is made, with the
   * peer port taken, so that such a start leaves nothing behind.
   */
  readonly checkAddresses?: () => Promise<void>;
  readonly log: (message: string, details: object, level?: 'debug' | 'info' | 'warn') => void;
  /** A message for this node's subscribers was committed. */
  readonly onPublish: (channel: ByteString, message: ByteString) => void;
  /** A turn ended: outcomes may have become ready, and sessions may write. */
  readonly onTurnEnd: () => void;
  /** The node cannot keep its promises any more, and has told everybody who waited. */
  readonly onFailure: (error: FencepostError) => void;
}

export interface NodeParts {
  readonly store: Store;
  readonly clock: LoopClock;
  readonly partitions: readonly Partition[];
  readonly cluster: ClusterStart | undefined;
}

/**
 * One process: its partitions, its disk, its links and its clock, driven in turns.
 *
 * A turn of the event loop collects what all sessions asked for and what came from other nodes.
 * At its end (the check phase) each partition proposes one entry, all entries go to disk in one
 * write and one fdatasync and to each peer in one frame, the commits release the outcomes, and
 * each session writes once.
 */
export class Node {
  readonly router: RouterPort;
  readonly partitions: readonly Partition[];
  readonly #store: Store;
  readonly #clock: LoopClock;
  readonly #options: NodeOptions;
  readonly #engine: Engine;
  readonly #clusterRouter: Router;
  readonly #cluster: ClusterParts | undefined;
  readonly #checkpointer: Checkpointer;
  readonly #timer: NodeJS.Timeout;
  readonly #turnEnd = new TurnEnd(() => this.#endTurn());
  #turnBegan = false;
  #expiresAgain = false;
  #failed = false;
  #stopping = false;
  #onIdle: (() => void) | undefined;

  constructor(options: NodeOptions, { store, clock, partitions, cluster }: NodeParts) {
    this.#options = options;
    this.#store = store;
    this.#clock = clock;
    this.partitions = partitions;
    this.#checkpointer = new Checkpointer(store, partitions, (partition) =>
      this.#cluster?.peers.streamedIndex(partition),
    );
    this.#cluster =
      cluster &&
      new ClusterParts(cluster, {
        partitions,
        store,
        monotonicMs: () => clock.monotonicMs,
        beginTurn: () => this.#beginTurn(),
        requestTurnEnd: () => this.requestTurnEnd(),
        log: options.log,
        onExpelled: (reason) => this.fail(reason),
      });
    this.#clusterRouter = new Router({
      partitions,
      commands: options.commands,
      server: options.server,
      wallMs: () => clock.wallMs,
      beginTurn: () => this.#beginTurn(),
      ...(this.#cluster && { cluster: this.#cluster.peers }),
    });
    this.router = this.#clusterRouter;
    this.#engine = new Engine({
      partitions,
      store,
      send: (packet) => this.#cluster?.peers.sendRaft(packet),
      flush: () => this.#flush(),
      onOutput: (partition, output) => this.#take(partition, output),
      onProgress: () => this.#progressed(),
      timeEntryTicks: timing.timeEntryTicks,
      tickMs: timing.tickMs,
      heartbeatTicks: timing.heartbeatTicks,
    });
    this.#timer = setInterval(() => this.#tick(), timing.tickMs);
  }

  /** The cluster as this node sees it; undefined for a node alone. */
  get view(): ClusterView | undefined {
    return this.#cluster?.view;
  }

  /** Changes the cluster; undefined for a node alone. */
  get administer(): ServerPort['administer'] {
    return this.#cluster?.administer;
  }

  /** The wall clock in ms since 1970, as of the last command or tick. */
  get wallMs(): number {
    return this.#clock.wallMs;
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

  /** Ends the turn soon, after the sockets that are readable now were read. */
  requestTurnEnd(): void {
    this.#turnEnd.request();
  }

  /**
   * Starts the groups. A group of one needs no timeout to elect itself; the others find their
   * leaders once enough peers are there.
   *
   * @throws FencepostError if the peer port cannot be listened on
   */
  async begin(): Promise<void> {
    await this.#cluster?.open({ engine: this.#engine, router: this.#clusterRouter });
    this.#beginTurn();
    for (const { raft } of this.partitions) {
      const { voters } = raft.configuration;
      if (voters.length === 1 && voters[0] === raft.self) raft.campaign();
    }
    this.#engine.drive();
  }

  /** Hands leadership over, answers what is held, brings everything to disk and closes it. */
  async stop(): Promise<void> {
    if (!this.#failed) await this.#drain();
    clearInterval(this.#timer);
    this.#stopping = true;
    await this.#settle();
    await this.#cluster?.close();
    await this.#checkpointer.idle();
    this.#engine.stop();
    await this.#store.close();
  }

  /** The disk failed, or the cluster goes on without this node: nobody is answered any more. */
  fail(failure: FencepostError): void {
    if (this.#failed) return;
    this.#failed = true;
    this.#giveUp(failure.message);
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
    this.#engine.setTime(monotonicMs, begins && !clock.late);
    this.#turnBegan = true;
    this.requestTurnEnd();
  }

  #endTurn(): void {
    this.#turnBegan = false;
    if (!this.#failed) {
      this.#engine.endTurn();
      // What waited may run now, here in a turn of its own, or elsewhere.
      if (this.#cluster !== undefined) this.#clusterRouter.leadersChanged();
      if (!this.#stopping && !this.#failed) this.#checkpointer.maybeBegin();
    }
    this.#flush();
  }

  /** What is final leaves before the disk is waited for: to other nodes, and to clients. */
  #flush(): void {
    this.#cluster?.peers.flush();
    this.#options.onTurnEnd();
  }

  #tick(): void {
    this.#clock.followWallClock();
    this.#beginTurn();
    if (this.#failed) return;
    this.#engine.tick();
    if (this.#cluster !== undefined) {
      this.#cluster.tick();
      this.#clusterRouter.tick(this.#clock.monotonicMs);
    }
    this.#expire();
  }

  /** Expires in bounded steps: what is left follows in the next turn, after its sockets. */
  #expire(): void {
    if (!this.#engine.expire() || this.#expiresAgain) return;
    this.#expiresAgain = true;
    setImmediate(() => {
      this.#expiresAgain = false;
      if (this.#stopping || this.#failed) return;
      this.#beginTurn();
      this.#expire();
    });
  }

  #take(partition: Partition, output: Output): void {
    this.#cluster?.peers.take(partition, output);
  }

  #progressed(): void {
    this.requestTurnEnd();
    if (!this.#engine.writing) this.#onIdle?.();
  }

  /**
   * Ends turns until nobody waits for an answer. What waits for other nodes waits for a moment
   * only: they may be stopping as well, and who is left without an answer is told so.
   */
  async #settle(): Promise<void> {
    this.#clock.look();
    const deadlineMs = this.#clock.monotonicMs + limits.drainMs;
    while (!this.#failed && !this.#engine.idle) {
      this.#endTurn();
      if (this.#engine.writing) {
        await new Promise<void>((resolve) => {
          this.#onIdle = resolve;
        });
      } else if (!this.#engine.idle) {
        if (this.#clock.monotonicMs >= deadlineMs) return this.#giveUp('the node stops');
        await new Promise((resolve) => setTimeout(resolve, 1));
        this.#clock.look();
      }
    }
  }

  #giveUp(reason: string): void {
    this.#engine.stop();
    for (const partition of this.partitions) partition.giveUp(reason);
    this.#options.onTurnEnd();
  }

  /** Leads nothing any more when it stops, so that nobody has to wait for an election. */
  async #drain(): Promise<void> {
    if (this.#cluster === undefined) return;
    const deadlineMs = this.#clock.monotonicMs + limits.drainMs;
    for (;;) {
      this.#beginTurn();
      if (this.#cluster.cluster.drain() || this.#clock.monotonicMs >= deadlineMs) return;
      await new Promise((resolve) => setTimeout(resolve, timing.tickMs));
      if (this.#failed) return;
    }
  }
}
