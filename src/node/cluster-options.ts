/** What an operator says of the cluster when a node starts. */
export interface ClusterOptions {
  /** 0 if the data folder knows it. */
  readonly nodeId: number;
  /** `host:port` of the peer port of every node of a new cluster, or of one to join. */
  readonly peers: ReadonlyMap<number, string>;
  /** Whether the peers are a cluster already, which has to be told of this node (ADD). */
  readonly join: boolean;
  /** 0: the port of this node's address among the peers. */
  readonly peerPort: number;
  /** Where to listen for peers; '': the host of this node's address among the peers. */
  readonly peerHost: string;
  /** What peers prove to each other that they know; undefined: only loopback peers. */
  readonly secret: Buffer | undefined;
  /** `host:port` that clients of other nodes are told. */
  readonly clientAddress: () => string;
}

/** Whether an operator means a node alone, or one whose data folder knows its cluster. */
export function saysNothing({ nodeId, peers, join }: ClusterOptions): boolean {
  return nodeId === 0 && peers.size === 0 && !join;
}
