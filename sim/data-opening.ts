import { FencepostError } from '../src/base/errors.ts';
import { firstIncarnation, foundGroups, recoverPartitions } from '../src/node/recovery.ts';
import { diskError } from '../src/store/disk.ts';
import type { Disk, OpenState } from '../src/store/platform.ts';
import { Store } from '../src/store/store.ts';
import type { SetAside, StoreOptions } from '../src/store/store-port.ts';
import type { Profile } from './profile.ts';
import type { SimClock } from './sim-clock.ts';
import { type OpenedData, simTiming } from './sim-process.ts';

export interface DataOpeningOptions {
  readonly nodeId: number;
  readonly profile: Profile;
  /** Of every node that founds the cluster. */
  readonly peers: ReadonlyMap<number, string>;
  readonly clock: SimClock;
  readonly disk: Disk;
  readonly openState: OpenState;
  readonly after: (ms: number, act: () => void) => () => void;
  readonly onFailure: (failure: FencepostError) => void;
  /** The data is damaged and was put aside: the node begins anew as another replica. */
  readonly onDamage: (failure: FencepostError) => void;
}

interface OpenedStore {
  readonly store: Store;
  readonly founders: readonly number[];
  readonly joining: boolean;
}

export const dataFolder = '/data';
const clusterId = '5eed5eed5eed5eed5eed5eed5eed5eed';

/**
 * Opens what a simulated disk holds: what `node/open-data.ts` and `node/start-node.ts` do for a
 * real one, a first start, a later one, or one on damaged data.
 */
export class DataOpening {
  readonly #options: DataOpeningOptions;

  constructor(options: DataOpeningOptions) {
    this.#options = options;
  }

  async open(): Promise<OpenedData> {
    try {
      return await this.#recover(await this.#openFound());
    } catch (failure) {
      const damaged = failure instanceof FencepostError && failure.code === 'DATA_DAMAGED';
      if (!damaged || this.#alone) throw failure;
      return await this.#recover(await this.#rejoin(failure));
    }
  }

  get #alone(): boolean {
    return this.#options.profile.nodeCount === 1;
  }

  async #openFound(): Promise<OpenedStore> {
    const { disk, nodeId, profile } = this.#options;
    const isNew = !disk.existsSync(`${dataFolder}/identity`);
    const peers = this.#alone ? new Map<number, string>() : this.#options.peers;
    const store = await this.#openStore(isNew ? { clusterId, nodeId, peers } : undefined);
    const isFounder = store.identity.incarnation === firstIncarnation;
    const founders = isFounder ? [...this.#options.peers.keys()] : [];
    if (!this.#alone) await foundGroups(store, profile.partitionCount, founders);
    return { store, founders, joining: isNew };
  }

  async #rejoin(damage: FencepostError): Promise<OpenedStore> {
    const { nodeId, profile, peers } = this.#options;
    const { identity } = this.#setAside();
    if (identity === undefined) throw damage;
    this.#options.onDamage(damage);
    const incarnation = identity.incarnation + 1;
    const store = await this.#openStore({ clusterId, nodeId, incarnation, peers });
    await foundGroups(store, profile.partitionCount, []);
    return { store, founders: [], joining: true };
  }

  /** What the disk does not let happen ends the start, as in a real process. */
  #setAside(): SetAside {
    try {
      return Store.setAside(dataFolder, this.#options.disk);
    } catch (failure) {
      throw diskError(failure, 'putting damaged data aside');
    }
  }

  #openStore(create: StoreOptions['create'] | undefined): Promise<Store> {
    const { disk, openState, after, clock, profile, onFailure } = this.#options;
    return Store.open({
      folder: dataFolder,
      disk,
      openState,
      timers: { nowMs: () => clock.monotonicMs, after },
      mode: profile.disk.onLoop ? 'on-loop' : 'asynchronous',
      segmentBytes: profile.knobs.segmentBytes,
      ballastBytes: 0,
      onFailure,
      ...(create && { create }),
    });
  }

  async #recover({ store, founders, joining }: OpenedStore): Promise<OpenedData> {
    const { profile, clock } = this.#options;
    try {
      const options = {
        partitionCount: profile.partitionCount,
        leaseGuardPercent: profile.leaseGuardPercent,
        electionTimeoutTicks: simTiming.electionTimeoutTicks,
        heartbeatTicks: simTiming.heartbeatTicks,
        quiesceTicks: simTiming.quiesceTicks,
        monotonicMs: clock.monotonicMs,
        graceMs: 2 * simTiming.electionTimeoutTicks * profile.tickMs,
        onPublish: () => undefined,
      };
      const partitions = await recoverPartitions(store, options, founders);
      return { store, partitions, joining };
    } catch (failure) {
      await store.close();
      throw failure;
    }
  }
}
