import {
  type ClusterGroup,
  type ClusterNode,
  type ClusterNodeRole,
  type ClusterView,
  slotRangeOf,
} from '../commands/cluster-view.ts';
import type { Partition } from '../partition/partition.ts';
import { NOBODY, nodeOf, type ReplicaId } from '../raft/types.ts';
import type { Cluster } from './cluster.ts';
import { takesPart } from './membership.ts';

/** What commands show of the cluster, as this node sees it now. */
export function clusterView(options: {
  readonly clusterId: string;
  readonly nodeId: number;
  readonly cluster: Cluster;
  readonly partitions: readonly Partition[];
}): ClusterView {
  const { clusterId, nodeId, cluster, partitions } = options;
  return {
    enabled: true,
    clusterId,
    self: nodeId,
    nodes: () => nodesOf(cluster, partitions, nodeId),
    groups: () => partitions.map((partition) => groupOf(partition, partitions.length - 1)),
  };
}

function nodesOf(
  cluster: Cluster,
  partitions: readonly Partition[],
  self: number,
): readonly ClusterNode[] {
  const recorded = new Map(cluster.members.map(({ nodeId, role }) => [nodeId, role]));
  // Who was removed is dialled for a moment longer than it takes part.
  const isThere = (nodeId: number): boolean =>
    recorded.get(nodeId) !== 'removed' || takesPart(partitions, (id) => nodeOf(id) === nodeId);
  return [...cluster.peers]
    .filter(([nodeId]) => isThere(nodeId))
    .sort(([left], [right]) => left - right)
    .map(([nodeId, peerAddress]) => {
      const hello = nodeId === self ? cluster.hello() : cluster.helloOf(nodeId);
      const { host, port } = hostAndPort(hello?.clientAddress ?? '');
      const role = roleOf(nodeId, partitions);
      const wanted = recorded.get(nodeId);
      return {
        nodeId,
        peerAddress,
        clientHost: host,
        clientPort: port,
        alive: cluster.isAlive(nodeId),
        linked: cluster.isLinked(nodeId),
        role,
        wanted: wanted === role ? undefined : wanted,
      };
    });
}

function roleOf(nodeId: number, partitions: readonly Partition[]): ClusterNodeRole {
  const voting = partitions.filter(({ raft }) =>
    raft.configuration.voters.some((id) => nodeOf(id) === nodeId),
  );
  if (voting.length === partitions.length) return 'voter';
  return voting.length === 0 ? 'learner' : 'mixed';
}

function groupOf({ id, raft, appliedIndex }: Partition, partitionCount: number): ClusterGroup {
  const { configuration, leader, role, term, commitIndex, lastIndex } = raft;
  return {
    partition: id,
    leader: leader === NOBODY ? 0 : nodeOf(leader),
    role,
    term,
    commit: commitIndex,
    applied: appliedIndex,
    last: lastIndex,
    voters: nodesBehind(configuration.voters),
    learners: nodesBehind(configuration.learners),
    outgoing: nodesBehind(configuration.outgoing),
    ...slotRangeOf(id, partitionCount),
  };
}

function nodesBehind(ids: readonly ReplicaId[]): readonly number[] {
  return [...new Set(ids.map(nodeOf))].sort((left, right) => left - right);
}

/** Of `host:port`; an IPv6 host stands in brackets. */
function hostAndPort(address: string): { readonly host: string; readonly port: number } {
  const colon = address.lastIndexOf(':');
  if (colon === -1) return { host: '', port: 0 };
  const host = address.slice(0, colon).replace(/^\[(.*)\]$/, '$1');
  return { host, port: Number(address.slice(colon + 1)) };
}
