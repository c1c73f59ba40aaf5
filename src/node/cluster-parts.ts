import type { FencepostError } from '../base/errors.ts';
import type { ClusterView } from '../commands/cluster-view.ts';
import type { ServerPort } from '../commands/server-port.ts';
import type { Partition } from '../partition/partition.ts';
import type { Router } from '../partition/router.ts';
import type { Store } from '../store/store.ts';
import type { LogLevel, TransportOptions } from '../transport/transport-options.ts';
import { Administration } from './administration.ts';
import { Cluster } from './cluster.ts';
import { clusterView } from './cluster-view.ts';
import type { Engine } from './engine.ts';
import { LeaderLog } from './leader-log.ts';
import { Peers } from './peers.ts';
import { timing } from './timing.ts';

/** What the start of a node has found out about its cluster. */
export interface ClusterStart {
  readonly clusterId: string;
  readonly nodeId: number;
  readonly incarnation: number;
  readonly peers: ReadonlyMap<number, string>;
  /** '' if the folder does not know it. */
  readonly foundingId: string;
  /** Called once that is known. */
  readonly onFounding?: (foundingId: string) => void;
  readonly joining: boolean;
  /** An earlier process saw this node on record; default false. */
  readonly established?: boolean;
  /** Called once this node is on record, if it was not before. */
  readonly onRecord?: () => void;
  readonly listen: TransportOptions['listen'];
  readonly secret: Buffer | undefined;
  readonly clientAddress: () => string;
}

export interface ClusterPartsOptions {
  readonly partitions: readonly Partition[];
  readonly store: Store;
  readonly monotonicMs: () => number;
  readonly beginTurn: () => void;
  readonly requestTurnEnd: () => void;
  readonly log: (message: string, details: object, level?: LogLevel) => void;
  readonly onExpelled: (reason: FencepostError) => void;
}

/** What a node of a cluster has and a node alone has not, put together. */
export class ClusterParts {
  readonly cluster: Cluster;
  readonly peers: Peers;
  readonly view: ClusterView;
  readonly administer: NonNullable<ServerPort['administer']>;
  readonly #administration: Administration;
  readonly #leaderLog: LeaderLog;
  readonly #partitions: readonly Partition[];
  readonly #beginTurn: () => void;
  #tickCount = 0;

  constructor(start: ClusterStart, surroundings: ClusterPartsOptions) {
    const { partitions, store, monotonicMs, beginTurn, requestTurnEnd, log } = surroundings;
    const { clusterId, nodeId, listen, secret } = start;
    this.#beginTurn = beginTurn;
    this.#partitions = partitions;
    this.#leaderLog = new LeaderLog(log);
    this.peers = new Peers({
      nodeId,
      partitions,
      store,
      listen,
      secret,
      monotonicMs,
      beginTurn,
      requestTurnEnd,
      log: (level, message, details) => log(message, details, level),
      onExpelled: surroundings.onExpelled,
    });
    this.cluster = new Cluster({
      clusterId,
      nodeId,
      incarnation: start.incarnation,
      partitions,
      peers: start.peers,
      foundingId: start.foundingId,
      newFoundingId: () => Buffer.from(this.peers.startId, 'latin1').toString('hex'),
      onFounding: (foundingId) => start.onFounding?.(foundingId),
      clientAddress: start.clientAddress,
      joining: start.joining,
      established: start.established ?? false,
      onRecord: () => start.onRecord?.(),
      monotonicMs,
      lastHeardMs: (id) => this.peers.lastHeardMs(id),
      sendControl: (id, body) => this.peers.sendControl(id, body),
      onPeers: (peers) => {
        this.peers.setPeers(peers);
        void store.setPeers(peers);
      },
      onProgress: requestTurnEnd,
      log,
    });
    this.#administration = new Administration({ cluster: this.cluster, partitions, monotonicMs });
    this.view = clusterView({ clusterId, nodeId, cluster: this.cluster, partitions });
    this.administer = (request, done) => {
      if (request.kind === 'status') return;
      this.#beginTurn();
      this.#administration.begin(request, done);
    };
  }

  /** @throws FencepostError if the peer port cannot be listened on */
  open(parts: { readonly engine: Engine; readonly router: Router }): Promise<void> {
    return this.peers.open({ ...parts, cluster: this.cluster });
  }

  /** Called every tick, in a turn. */
  tick(): void {
    this.#tickCount += 1;
    this.peers.tick();
    this.cluster.watchPeers();
    if (this.#tickCount % timing.maintenanceTicks === 0) {
      this.cluster.maintain();
      this.#leaderLog.look(this.#partitions);
    }
    this.#administration.tick();
  }

  async close(): Promise<void> {
    this.#administration.stop();
    await this.peers.close();
  }
}
