import type { FencepostError } from '../src/base/errors.ts';
import type { Prng } from '../src/base/prng.ts';
import { Checkpointer } from '../src/node/checkpointer.ts';
import { ClusterParts } from '../src/node/cluster-parts.ts';
import { Engine } from '../src/node/engine.ts';
import type { Partition } from '../src/partition/partition.ts';
import { Router } from '../src/partition/router.ts';
import type { Output } from '../src/raft/output.ts';
import type { Reply } from '../src/resp/reply.ts';
import type { Store } from '../src/store/store.ts';
import type { Append } from '../src/store/store-port.ts';
import type { Profile } from './profile.ts';
import type { Scheduler } from './scheduler.ts';
import type { SimClock } from './sim-clock.ts';
import type { DiskUser } from './sim-disk.ts';
import { commands, SimServer } from './sim-server.ts';
import type { SimSession } from './sim-session.ts';
import { hostOf } from './sim-transport.ts';
import { watchAppends, watchCheckpoints, watchSnapshots } from './watched-store.ts';

/** What the world around a process sees of it. */
export interface ProcessObserver {
  /** @param sinceMicros when the turn began whose effects it may hold */
  written(append: Append, sinceMicros: number): void;
  durable(append: Append): void;
  snapshotInstalling(partition: number, index: number): void;
  snapshotInstalled(partition: number, index: number): void;
  /** Something was driven: replicas may have changed. */
  touched(): void;
  /** Promises may go on because of what happens now. */
  mayResume(): void;
  /** The process ended by itself, with this as its last words. */
  ended(reason: string): void;
  log(message: string, details: object): void;
}

export interface OpenedData {
  readonly store: Store;
  readonly partitions: readonly Partition[];
  readonly joining: boolean;
  /** Whom the node knows at its start, itself among them or not; undefined for a node alone. */
  readonly peers: ReadonlyMap<number, string> | undefined;
}

export interface ProcessOptions {
  readonly nodeId: number;
  readonly clock: SimClock;
  readonly scheduler: Scheduler;
  readonly prng: Prng;
  readonly profile: Profile;
  readonly observer: ProcessObserver;
}

export const simTiming = {
  electionTimeoutTicks: 10,
  heartbeatTicks: 2,
  quiesceTicks: 20,
  timeEntryTicks: 20,
} as const;

/** A turn that does not end with the input that began it ends within this time. */
const turnMicrosMax = 2_000;

/**
 * One life of a simulated node: what `node/node.ts` is to a real one, with virtual time in place
 * of timers and of the event loop. While it is paused, what comes in waits, as in the sockets of
 * a stopped process; when it goes on its timer is first, as in Node.
 */
export class SimProcess implements DiskUser {
  readonly #options: ProcessOptions;
  readonly #server = new SimServer({
    administer: () => this.#cluster?.administer,
    inTurn: (act) => this.#inTurn(act),
  });
  #alive = true;
  #paused = false;
  #late = false;
  #tickDue = false;
  #backlog: (() => void)[] = [];
  #data: OpenedData | undefined;
  #engine: Engine | undefined;
  #router: Router | undefined;
  #cluster: ClusterParts | undefined;
  #checkpointer: Checkpointer | undefined;
  #turnBegan = false;
  #turnEndDue = false;
  #turnAtMs: number;
  #turnAtMicros = 0;
  #expiresAgain = false;

  constructor(options: ProcessOptions) {
    this.#options = options;
    this.#turnAtMs = options.clock.monotonicMs;
  }

  get alive(): boolean {
    return this.#alive;
  }

  get paused(): boolean {
    return this.#paused;
  }

  /** Undefined while it is still opening its data. */
  get partitions(): readonly Partition[] | undefined {
    return this.#data?.partitions;
  }

  get cluster(): ClusterParts['cluster'] | undefined {
    return this.#cluster?.cluster;
  }

  get checkpointCount(): number {
    return this.#checkpointer?.count ?? 0;
  }

  /** Two turns that began further apart than this show that the process stood still. */
  get #lateMs(): number {
    return this.#options.profile.tickMs + 100;
  }

  get turnsInFlight(): number {
    return this.#data?.store.turnsInFlight ?? 0;
  }

  /** Serves from now on. */
  begin(data: OpenedData): void {
    const { observer, clock, profile } = this.#options;
    const { partitions } = data;
    const mayResume = (): void => this.mayResume();
    const store = watchAppends(data.store, {
      durable: observer.durable,
      written: (append) => observer.written(append, this.#turnAtMicros),
    });
    this.#data = data;
    this.#turnAtMs = clock.monotonicMs;
    this.#checkpointer = new Checkpointer(watchCheckpoints(data.store, mayResume), partitions);
    if (data.peers !== undefined) {
      this.#cluster = this.#clusterParts(data, data.peers);
      // Random bytes in a real process.
      Object.assign(this.#cluster.peers, { startId: `${this.#options.prng.u32()}` });
    }
    this.#router = new Router({
      partitions,
      commands,
      server: this.#server.port,
      wallMs: () => clock.wallMs,
      beginTurn: () => this.#beginTurn(),
      ...(this.#cluster && { cluster: this.#cluster.peers }),
    });
    this.#server.begin(this.#router);
    this.#engine = new Engine({
      partitions,
      store,
      send: (packet) => this.#cluster?.peers.sendRaft(packet),
      flush: () => {
        observer.touched();
        this.#cluster?.peers.flush();
      },
      onOutput: (partition, output) => this.#take(partition, output),
      onProgress: () => this.#requestTurnEnd(),
      timeEntryTicks: simTiming.timeEntryTicks,
      tickMs: profile.tickMs,
      heartbeatTicks: simTiming.heartbeatTicks,
    });
    observer.mayResume();
    void this.#cluster?.open({ engine: this.#engine, router: this.#router });
    this.#campaignAlone();
    this.#tickLater();
  }

  /** Runs a command of a session here, now or when the process goes on. */
  execute(session: SimSession, args: readonly string[], reply: (reply: Reply) => void): void {
    this.deliver(() => {
      if (session.closed) return;
      this.#beginTurn();
      this.#server.execute(session, args, reply);
    });
  }

  /** A message is committed. */
  published({ channel, message }: { readonly channel: string; readonly message: string }): void {
    if (this.#alive) this.#server.subscriptions.deliver(channel, message);
  }

  /** An operator asks for a change of the cluster. */
  administer(change: (cluster: ClusterParts['cluster']) => void): void {
    this.#inTurn(() => {
      if (this.#cluster !== undefined) change(this.#cluster.cluster);
    });
  }

  /** Something comes in from outside. */
  deliver(input: () => void): void {
    if (!this.#alive) return;
    if (this.#paused) {
      this.#backlog.push(input);
      return;
    }
    input();
    this.#settle();
  }

  #inTurn(act: () => void): void {
    this.deliver(() => {
      this.#beginTurn();
      act();
    });
  }

  later(delayMicros: number, then: () => void): void {
    if (delayMicros === 0) return this.deliver(then);
    this.#options.scheduler.after(delayMicros, () => this.deliver(then));
  }

  mayResume(): void {
    this.#options.observer.mayResume();
  }

  /** SIGSTOP. */
  pause(): void {
    this.#paused = true;
  }

  /** SIGCONT: due timers first, then what waits in the sockets, as the event loop does. */
  resume(): void {
    if (!this.#paused || !this.#alive) return;
    this.#paused = false;
    const backlog = this.#backlog;
    this.#backlog = [];
    if (this.#tickDue) this.#tick();
    for (const input of backlog) this.deliver(input);
    this.#late = false;
    this.#settle();
  }

  /** The process is gone, in the middle of whatever it did. */
  kill(): void {
    this.#alive = false;
    this.#engine?.stop();
  }

  /** The disk failed, or the cluster goes on without this node: it says so and ends. */
  fail(failure: FencepostError): void {
    if (!this.#alive) return;
    this.#engine?.stop();
    for (const partition of this.#data?.partitions ?? []) partition.giveUp(failure.message);
    this.#alive = false;
    this.#options.observer.ended(`${failure.code}: ${failure.message}`);
  }

  #clusterParts(
    { store, partitions, joining }: OpenedData,
    peers: ReadonlyMap<number, string>,
  ): ClusterParts {
    const { nodeId, clock, observer } = this.#options;
    const { clusterId, incarnation } = store.identity;
    const start = {
      clusterId,
      nodeId,
      incarnation,
      peers,
      foundingId: '',
      joining,
      listen: { host: hostOf(nodeId), port: 1 },
      secret: undefined,
      clientAddress: () => `${hostOf(nodeId)}:6379`,
    };
    return new ClusterParts(start, {
      partitions,
      store: watchSnapshots(store, observer, () => this.#alive),
      monotonicMs: () => clock.monotonicMs,
      beginTurn: () => this.#beginTurn(),
      requestTurnEnd: () => this.#requestTurnEnd(),
      log: (message, details) => observer.log(message, details),
      onExpelled: (reason) => this.fail(reason),
    });
  }

  /** A group of one needs no timeout to elect itself. */
  #campaignAlone(): void {
    this.#beginTurn();
    for (const { raft } of this.#data?.partitions ?? []) {
      const { voters } = raft.configuration;
      if (voters.length === 1 && voters[0] === raft.self) raft.campaign();
    }
    this.#engine?.drive();
    this.#settle();
  }

  #tickLater(): void {
    const { scheduler, clock, profile } = this.#options;
    scheduler.after(clock.microsFor(profile.tickMs), () => {
      if (!this.#alive) return;
      if (this.#paused) this.#tickDue = true;
      else this.#tick();
      this.#tickLater();
    });
  }

  #tick(): void {
    this.#tickDue = false;
    this.#beginTurn();
    this.#engine?.tick();
    if (this.#cluster !== undefined) {
      this.#cluster.tick();
      this.#router?.tick(this.#options.clock.monotonicMs);
    }
    this.#expire();
    this.#settle();
  }

  #expire(): void {
    if (this.#engine?.expire() !== true || this.#expiresAgain) return;
    this.#expiresAgain = true;
    this.#options.scheduler.after(0, () =>
      this.deliver(() => {
        this.#expiresAgain = false;
        this.#beginTurn();
        this.#expire();
      }),
    );
  }

  #beginTurn(): void {
    const { monotonicMs } = this.#options.clock;
    const begins = !this.#turnBegan;
    if (begins) {
      this.#turnAtMicros = this.#options.scheduler.nowMicros;
      this.#late ||= monotonicMs - this.#turnAtMs > this.#lateMs;
      this.#turnAtMs = monotonicMs;
    }
    this.#turnBegan = true;
    this.#engine?.setTime(monotonicMs, begins && !this.#late);
    this.#requestTurnEnd();
  }

  #requestTurnEnd(): void {
    this.#turnEndDue = true;
  }

  /** Ends the turn now, or lets more inputs join it. */
  #settle(): void {
    if (!this.#turnEndDue || !this.#alive || this.#paused) return;
    const { prng, profile, scheduler } = this.#options;
    this.#turnEndDue = false;
    if (!prng.oneIn(profile.longTurnOneIn)) return this.#endTurn();
    scheduler.after(prng.below(turnMicrosMax), () => this.deliver(() => this.#endTurn()));
  }

  #endTurn(): void {
    this.#turnBegan = false;
    if (!this.#alive) return;
    this.#engine?.endTurn();
    if (this.#cluster !== undefined) this.#router?.leadersChanged();
    if (this.#alive) this.#checkpointer?.maybeBegin();
    if (!this.#paused) this.#late = false;
    // What waited for a leader ran now, in a turn of its own.
    if (this.#turnEndDue) this.later(1, () => undefined);
  }

  #take(partition: Partition, output: Output): void {
    if (this.#cluster === undefined) return;
    if (output.snapshotRequests.length > 0 || output.snapshot !== undefined) this.mayResume();
    this.#cluster.peers.take(partition, output);
  }
}
