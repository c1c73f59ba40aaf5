import { SLOT_COUNT } from '../keyspace/slot.ts';

/** What a node of the cluster is to the groups: `mixed` while it is a voter of some only. */
export type ClusterNodeRole = 'voter' | 'learner' | 'mixed';

/** A member of the cluster, as the node that was asked sees it. */
export interface ClusterNode {
  readonly nodeId: number;
  /** `host:port` for other nodes. */
  readonly peerAddress: string;
  /** Where clients reach it; '' and 0 while it has never been heard. */
  readonly clientHost: string;
  readonly clientPort: number;
  /** Whether it was heard a moment ago; the node that was asked is always alive. */
  readonly alive: boolean;
  /** Whether the node that was asked can send to it. */
  readonly linked: boolean;
  readonly role: ClusterNodeRole;
  /** What it is to become, if the groups do not have it so yet. */
  readonly wanted?: 'voter' | 'learner' | 'removed' | undefined;
}

export type ClusterGroupRole = 'leader' | 'follower' | 'candidate' | 'pre-candidate' | 'learner';

/** One Raft group, as the replica of the node that was asked sees it. */
export interface ClusterGroup {
  readonly partition: number;
  /** The node id of its leader; 0 while none is known. */
  readonly leader: number;
  /** The role of this node in it. */
  readonly role: ClusterGroupRole;
  readonly term: number;
  /** Indexes: committed, applied to the keyspace, last of the log. */
  readonly commit: number;
  readonly applied: number;
  readonly last: number;
  /** Node ids. `outgoing` are the voters that a joint configuration leaves behind. */
  readonly voters: readonly number[];
  readonly learners: readonly number[];
  readonly outgoing: readonly number[];
  /** The slots that it owns; -1 and -1 for partition 0, which owns none. */
  readonly firstSlot: number;
  readonly lastSlot: number;
}

/** What commands may know of the cluster. `node/` implements it. */
export interface ClusterView {
  /** Whether this node is one of a cluster, even of one node; a node alone answers as a Redis. */
  readonly enabled: boolean;
  /** 32 hexadecimal digits; '' for a node alone. */
  readonly clusterId: string;
  /** The id of the node that was asked. */
  readonly self: number;
  /** By node id, ascending. */
  nodes(): readonly ClusterNode[];
  /** By partition, ascending, partition 0 first. */
  groups(): readonly ClusterGroup[];
}

/** A change of the cluster, or its status, that an operator asks for. */
export type AdminRequest =
  | { readonly kind: 'status' }
  | { readonly kind: 'add'; readonly nodeId: number; readonly address: string }
  | { readonly kind: 'remove'; readonly nodeId: number }
  | { readonly kind: 'promote'; readonly nodeId: number }
  | {
      readonly kind: 'transfer';
      readonly partition: number | 'all';
      readonly nodeId: number;
    };

/** What a process without consensus shows. */
const NO_CLUSTER: ClusterView = {
  enabled: false,
  clusterId: '',
  self: 1,
  nodes: () => [],
  groups: () => [],
};

/** The cluster that a server tells of. */
export function clusterOf(server: { readonly cluster?: ClusterView }): ClusterView {
  return server.cluster ?? NO_CLUSTER;
}

/**
 * The slots of a partition, as `partitionOfSlot` cuts them.
 *
 * @param partition from 1; partition 0 owns none
 */
export function slotRangeOf(
  partition: number,
  partitionCount: number,
): Pick<ClusterGroup, 'firstSlot' | 'lastSlot'> {
  if (partition === 0) return { firstSlot: -1, lastSlot: -1 };
  const firstOf = (number: number) => Math.ceil(((number - 1) * SLOT_COUNT) / partitionCount);
  return { firstSlot: firstOf(partition), lastSlot: firstOf(partition + 1) - 1 };
}
