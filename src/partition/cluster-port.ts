import type { ByteString } from '../base/byte-string.ts';

/**
 * What the router needs of the cluster around its node. Links deliver each body at most once and
 * in order while they are up; `sendRequest` and `sendReply` only queue.
 */
export interface ClusterPort {
  readonly nodeId: number;
  /**
   * Differs between any two starts of any node, however the first one ended (16 random bytes do).
   * Ids of requests begin with it: were one used twice, a lease of before a restart could be
   * taken for the grant of a request after it.
   */
  readonly startId: ByteString;
  /** The node that leads the partition, as far as the replica here knows; in `raft.term`. */
  leaderOf(partition: number): number | undefined;
  /** Whether that node was heard a moment ago, whatever it said. */
  hears(nodeId: number): boolean;
  /** False if the body cannot be taken: the link is down, or its queue is full. */
  sendRequest(nodeId: number, body: Buffer): boolean;
  sendReply(nodeId: number, body: Buffer): boolean;
}

/** What the node tells the router of a cluster. None of it is called from within a port's call. */
export interface ClusterInputs {
  /** A request body of that node came in. Throws `DATA_DAMAGED` if it is none. */
  receiveRequest(fromNodeId: number, body: Buffer): void;
  /** A reply body of that node came in. Throws `DATA_DAMAGED` if it is none. */
  receiveReply(fromNodeId: number, body: Buffer): void;
  /** The link to that node is down: what was sent on it may be lost. */
  linkDown(nodeId: number): void;
  /**
   * Leader, term or readiness of a partition, or what its replica has applied, may have changed.
   * Costs next to nothing while no command waits, so the end of every turn may call it.
   */
  leadersChanged(): void;
  /** Time passes: deadlines. About every 50 ms. */
  tick(nowMs: number): void;
}
