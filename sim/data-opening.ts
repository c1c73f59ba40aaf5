import { FencepostError } from '../src/base/errors.ts';
import { sortedPeers } from '../src/node/peer-judgement.ts';
import { firstIncarnation, foundGroups, recoverPartitions } from '../src/node/recovery.ts';
import type { PartitionOptions } from '../src/partition/partition.ts';
import { diskError } from '../src/store/disk.ts';
import type { Disk, OpenState } from '../src/store/platform.ts';
import { Store } from '../src/store/store.ts';
import type { SetAside, StoreOptions } from '../src/store/store-port.ts';
import { type PeerHello, protocolVersion } from '../src/transport/peer-hello.ts';
import type { Refusal } from '../src/transport/transport-options.ts';
import type { Profile } from './profile.ts';
import type { SimClock } from './sim-clock.ts';
import { type OpenedData, simTiming } from './sim-process.ts';

export interface DataOpeningOptions {
  readonly nodeId: number;
  readonly profile: Profile;
  /** Whether the node begins the cluster if its disk is empty; otherwise it asks to be let in. */
  readonly founds: boolean;
  /** Of every node that founds the cluster. */
  readonly founders: ReadonlyMap<number, string>;
  /** Asks the nodes that can be reached whether they let this one in. */
  readonly introduce: (hello: PeerHello) => Introduction;
  /** Names this attempt to be let in; random in a real process. */
  readonly claim: string;
  readonly onPublish: PartitionOptions['onPublish'];
  readonly clock: SimClock;
  readonly disk: Disk;
  readonly openState: OpenState;
  readonly after: (ms: number, act: () => void) => () => void;
  readonly onFailure: (failure: FencepostError) => void;
  /** The data is damaged and was put aside: the node begins anew as another replica. */
  readonly onDamage: (failure: FencepostError) => void;
}

/** What the members say to a node without data; undefined if none of them can be reached. */
export type Introduction =
  | { readonly kind: 'welcome'; readonly hello: PeerHello }
  | { readonly kind: 'refusal'; readonly refusal: Refusal }
  | undefined;

interface OpenedStore {
  readonly store: Store;
  readonly founders: readonly number[];
  readonly joining: boolean;
}

/** A node without data asks so often, and then its process ends. */
const introductionsMax = 150;
const introductionMs = 200;

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
    const { disk, nodeId, profile, founders: peers } = this.#options;
    const isNew = !disk.existsSync(`${dataFolder}/identity`);
    if (isNew && !this.#options.founds) return await this.#enter();
    const alone = new Map<number, string>();
    const create = { clusterId, nodeId, peers: this.#alone ? alone : peers };
    const store = await this.#openStore(isNew ? create : undefined);
    const isFounder = store.identity.incarnation === firstIncarnation && peers.has(nodeId);
    if (!isFounder && !isNew && store.recovered.size === 0) await refuseHalf(store);
    const founders = isFounder ? [...peers.keys()] : [];
    if (!this.#alone) await foundGroups(store, profile.partitionCount, founders);
    return { store, founders, joining: isNew };
  }

  /** The first start of a node that joins, or one after everything it had is gone. */
  async #enter(): Promise<OpenedStore> {
    const { nodeId, profile } = this.#options;
    const { incarnation, peers } = await this.#introduced();
    const store = await this.#openStore({ clusterId, nodeId, incarnation, peers });
    await foundGroups(store, profile.partitionCount, []);
    // A member has vouched for it.
    return { store, founders: [], joining: false };
  }

  /** What `introduce` of `node/preflight.ts` does over the network: it asks until it is let in. */
  async #introduced(): Promise<{
    readonly incarnation: number;
    readonly peers: ReadonlyMap<number, string>;
  }> {
    const { nodeId, claim, introduce } = this.#options;
    let incarnation: number = firstIncarnation;
    for (let attempt = 0; attempt < introductionsMax; attempt += 1) {
      const said = introduce({
        clusterId: '',
        foundingId: '',
        nodeId,
        incarnation,
        protocolVersion,
        partitionCount: 0,
        peers: sortedPeers(this.#options.founders),
        clientAddress: '',
        joining: true,
        introduction: { claim },
      });
      if (said?.kind === 'welcome') {
        const others = said.hello.peers.filter((peer) => peer.nodeId !== nodeId);
        return { incarnation, peers: new Map(others.map((each) => [each.nodeId, each.address])) };
      }
      const used = said?.refusal.usedIncarnation;
      if (used !== undefined) incarnation = used + 1;
      else await new Promise<void>((resolve) => this.#options.after(introductionMs, resolve));
    }
    throw new FencepostError('PEER_REFUSED', 'nobody lets this node in');
  }

  async #rejoin(damage: FencepostError): Promise<OpenedStore> {
    const { nodeId, profile } = this.#options;
    const { identity } = this.#setAside();
    if (identity === undefined) throw damage;
    const { peers } = identity;
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
        onPublish: this.#options.onPublish,
      };
      const partitions = await recoverPartitions(store, options, founders);
      const peers = this.#alone ? undefined : store.identity.peers;
      return { store, partitions, joining, peers };
    } catch (failure) {
      await store.close();
      throw failure;
    }
  }
}

/** As `openKnown` of `node/open-data.ts` says it: an operator removes the folder. */
async function refuseHalf(store: Store): Promise<never> {
  await store.close();
  const what = 'the first start of this node ended before it was complete';
  throw new FencepostError('DATA_FOLDER_UNUSABLE', what);
}
