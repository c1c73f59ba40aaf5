import { FencepostError } from '../src/base/errors.ts';
import { Prng } from '../src/base/prng.ts';
import type { Partition } from '../src/partition/partition.ts';
import { readIdentity } from '../src/store/identity.ts';
import { segmentFileName } from '../src/store/segment.ts';
import type { Store } from '../src/store/store.ts';
import type { Append } from '../src/store/store-port.ts';
import type { RaftPacket } from '../src/transport/packet.ts';
import { DataOpening, type DataOpeningOptions, dataFolder } from './data-opening.ts';
import type { Network } from './network.ts';
import type { Profile } from './profile.ts';
import type { RecoveredLog } from './replica-log.ts';
import type { Scheduler } from './scheduler.ts';
import { SimClock } from './sim-clock.ts';
import { SimDisk } from './sim-disk.ts';
import { type ProcessObserver, SimProcess } from './sim-process.ts';
import { SimState } from './sim-state.ts';
import { addressOf, provideTransport, SimTransport } from './sim-transport.ts';

/** What the world sees of a node, whichever process runs on it. */
export interface NodeObserver {
  written(nodeId: number, append: Append, sinceMicros: number): void;
  durable(nodeId: number, append: Append): void;
  snapshotInstalling(nodeId: number, partition: number, index: number): void;
  snapshotInstalled(nodeId: number, partition: number, index: number): void;
  recovered(nodeId: number, partition: number, log: RecoveredLog): void;
  /** The data was damaged, or is gone: the node begins anew as another replica. */
  forgot(nodeId: number): void;
  serves(nodeId: number): void;
  touched(nodeId: number): void;
  mayResume(): void;
  /** Its process ends: a last look at what it has done in this event. */
  ending(nodeId: number): void;
  stopped(nodeId: number, reason: string): void;
  log(nodeId: number, message: string, details: object): void;
}

export interface SimNodeOptions {
  readonly nodeId: number;
  readonly seed: number;
  readonly profile: Profile;
  readonly scheduler: Scheduler;
  readonly network: Network<readonly RaftPacket[]>;
  readonly observer: NodeObserver;
  readonly introduce: DataOpeningOptions['introduce'];
}

/** The peer address of every node that founds the cluster. */
export function foundersOf({ nodeCount }: Profile): ReadonlyMap<number, string> {
  const ids = Array.from({ length: nodeCount }, (_, at) => at + 1);
  return new Map(ids.map((id) => [id, addressOf(id)]));
}

export type NodeState = 'down' | 'opening' | 'up';

/** One machine: its clocks, its disk, and the process that runs on it, if one does. */
export class SimNode {
  readonly nodeId: number;
  readonly clock: SimClock;
  readonly disk: SimDisk;
  readonly state: SimState;
  readonly #options: SimNodeOptions;
  readonly #prng: Prng;
  readonly #founders: ReadonlyMap<number, string>;
  #process: SimProcess | undefined;
  #serving = false;
  #hasServed = false;
  #checkpointCount = 0;
  transport: SimTransport | undefined;

  constructor(options: SimNodeOptions) {
    const { nodeId, seed, profile, scheduler } = options;
    this.nodeId = nodeId;
    this.#options = options;
    this.#prng = new Prng(seed * 64 + nodeId);
    this.clock = new SimClock(scheduler, this.#prng.below(1_000) / 1_000);
    this.disk = new SimDisk(new Prng(seed * 64 + 16 + nodeId), profile.disk);
    this.state = new SimState(new Prng(seed * 64 + 32 + nodeId), this.disk);
    this.#founders = foundersOf(profile);
  }

  get process(): SimProcess | undefined {
    return this.#process;
  }

  get status(): NodeState {
    if (this.#process === undefined) return 'down';
    return this.#serving ? 'up' : 'opening';
  }

  get checkpointCount(): number {
    return this.#checkpointCount + (this.#process?.checkpointCount ?? 0);
  }

  start(): void {
    if (this.#process !== undefined) return;
    const { nodeId, scheduler, profile, network } = this.#options;
    const process = new SimProcess({
      nodeId,
      scheduler,
      profile,
      clock: this.clock,
      prng: new Prng(this.#prng.u32()),
      observer: this.#observerOf(),
    });
    this.#process = process;
    this.#options.observer.mayResume();
    provideTransport(nodeId, (events) => {
      const transport = new SimTransport(events, {
        nodeId,
        network,
        clock: this.clock,
        scheduler,
        encodesMessages: profile.encodesMessages,
      });
      this.transport = transport;
      return transport;
    });
    void this.#open(process);
  }

  /** The process ends. `power`: the machine loses what it did not sync, and falls silent. */
  crash(power: boolean): void {
    const process = this.#process;
    if (process === undefined) return;
    this.#checkpointCount += process.checkpointCount;
    process.kill();
    this.#forgetProcess(power);
    if (!power) return;
    this.disk.losePower();
    this.state.losePower();
  }

  /** The machine, on which nothing runs, gets an empty disk. */
  erase(): void {
    if (this.#process !== undefined) return;
    this.disk.erase();
    this.state.forget();
    this.#options.observer.forgot(this.nodeId);
  }

  /** Flips a bit of what the node, which is down, must find to be damaged; false if it cannot. */
  damage(): boolean {
    if (this.#process !== undefined) return false;
    return this.#prng.oneIn(2) ? this.state.flipBit() : this.#damageLog();
  }

  /** In front of the durable floor: behind it a torn tail looks the same. */
  #damageLog(): boolean {
    const disk = this.disk.attach({
      alive: true,
      later: () => undefined,
      mayResume: () => undefined,
    });
    const floor = readIdentity(disk, `${dataFolder}/identity`)?.record.floor;
    if (floor === undefined || floor.offset === 0) return false;
    const file = `${dataFolder}/log/${segmentFileName(floor.segment)}`;
    if (!disk.existsSync(file)) return false;
    this.disk.flipBit(file, this.#prng.below(floor.offset), this.#prng.below(8));
    return true;
  }

  #forgetProcess(silently: boolean): void {
    this.#process = undefined;
    this.#serving = false;
    this.transport = undefined;
    this.#options.network.leave(this.nodeId, silently);
  }

  async #open(process: SimProcess): Promise<void> {
    const { nodeId, observer, network } = this.#options;
    try {
      const data = await this.#dataOpening(process).open();
      if (!process.alive || this.#process !== process) return;
      for (const partition of data.partitions) this.#tellRecovered(data.store, partition);
      network.join(nodeId);
      this.#serving = true;
      this.#hasServed = true;
      process.begin(data);
      observer.serves(nodeId);
    } catch (failure) {
      if (!process.alive || this.#process !== process) return;
      if (!(failure instanceof FencepostError)) throw failure;
      process.kill();
      this.#forgetProcess(false);
      if (failure.code === 'DATA_FOLDER_UNUSABLE') this.erase();
      observer.stopped(nodeId, `${failure.code}: ${failure.message}`);
    }
  }

  #dataOpening(process: SimProcess): DataOpening {
    const { nodeId, profile, scheduler, observer } = this.#options;
    const claims = new Prng(nodeId + scheduler.nowMicros);
    return new DataOpening({
      nodeId,
      profile,
      founds: this.#founders.has(nodeId) && !this.#hasServed,
      founders: this.#founders,
      introduce: this.#options.introduce,
      claim: Array.from({ length: 4 }, () => claims.u32().toString(16).padStart(8, '0')).join(''),
      onPublish: (effect) => process.published(effect),
      clock: this.clock,
      disk: this.disk.attach(process),
      openState: () => Promise.resolve(this.state.attach(process)),
      after: (ms, act) => {
        const timer = scheduler.after(this.clock.microsFor(ms), () => {
          process.mayResume();
          process.deliver(act);
        });
        return () => timer.cancel();
      },
      onFailure: (failure) => process.fail(failure),
      onDamage: (failure) => {
        observer.log(nodeId, failure.message, {});
        this.state.forget();
        observer.forgot(nodeId);
      },
    });
  }

  #tellRecovered(store: Store, { id, raft }: Partition): void {
    const recovered = store.recovered.get(id);
    this.#options.observer.recovered(this.nodeId, id, {
      hardState: recovered?.hardState,
      baseIndex: recovered?.checkpoint?.index ?? 0,
      entries: recovered?.entries ?? [],
      self: raft.self,
    });
  }

  #observerOf(): ProcessObserver {
    const { nodeId, observer } = this.#options;
    return {
      written: (append, sinceMicros) => observer.written(nodeId, append, sinceMicros),
      durable: (append) => observer.durable(nodeId, append),
      snapshotInstalling: (partition, index) => {
        observer.snapshotInstalling(nodeId, partition, index);
      },
      snapshotInstalled: (partition, index) => {
        observer.snapshotInstalled(nodeId, partition, index);
      },
      touched: () => observer.touched(nodeId),
      mayResume: () => observer.mayResume(),
      ended: (reason) => {
        observer.ending(nodeId);
        this.#forgetProcess(false);
        observer.stopped(nodeId, reason);
      },
      log: (message, details) => observer.log(nodeId, message, details),
    };
  }
}
