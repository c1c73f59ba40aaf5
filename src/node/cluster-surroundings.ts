import type { Partition } from '../partition/partition.ts';

/** What `Cluster` knows of its node, and does through it. */
export interface ClusterSurroundings {
  readonly clusterId: string;
  readonly nodeId: number;
  readonly incarnation: number;
  readonly partitions: readonly Partition[];
  /** The peers that are on disk: `host:port` of each node, this one among them. */
  readonly peers: ReadonlyMap<number, string>;
  /** `host:port` that clients are told. */
  readonly clientAddress: () => string;
  /** See `PeerHello`. */
  readonly foundingId: string;
  /** A name for a cluster that this process is the first to lead. */
  readonly newFoundingId: () => string;
  /** The name of the cluster is known, and was not before. */
  readonly onFounding: (foundingId: string) => void;
  /** This process made the data folder. */
  readonly joining: boolean;
  /** An earlier process saw this node on record. */
  readonly established: boolean;
  /** This node is on record. */
  readonly onRecord: () => void;
  /** Whole ms on the monotonic clock. */
  readonly monotonicMs: () => number;
  /** When a node was heard last, on the same clock; undefined if never. */
  readonly lastHeardMs: (nodeId: number) => number | undefined;
  readonly sendControl: (nodeId: number, body: Buffer) => void;
  /** The members have other addresses from now on. */
  readonly onPeers: (peers: ReadonlyMap<number, string>) => void;
  /** Something was proposed. */
  readonly onProgress: () => void;
  readonly log: (message: string, details: object) => void;
}
