import type {
  AdminRequest,
  ClusterGroup,
  ClusterNode,
  ClusterView,
} from '../commands/cluster-view.ts';
import { slotRangeOf } from '../commands/cluster-view.ts';
import { statusReply } from '../commands/fencepost-status.ts';
import type { ServerPort } from '../commands/server-port.ts';
import type { NodeStatus, PartitionStatus } from '../node/status.ts';
import { error, type Reply } from '../resp/reply.ts';

/** What changes a cluster. It calls `done` once, when the change is complete or impossible. */
export type Administer = NonNullable<ServerPort['administer']>;

/** The node id of a node that has no peers. */
const aloneId = 1;

const ALONE = error('ERR this node is not part of a cluster: it has no other nodes to manage');

/** Nobody can tell a node that runs alone how to change its cluster. */
export function refuseAdministration(_request: AdminRequest, done: (reply: Reply) => void): void {
  done(ALONE);
}

/** Answers what asks for the status here, and hands changes on. */
export function administration(cluster: ClusterView, change: Administer): Administer {
  return (request, done) => {
    if (request.kind === 'status') done(statusReply(cluster));
    else change(request, done);
  };
}

/** The view of a node without peers: it leads every group, and no client takes it for a cluster. */
export function viewOfOneNode(status: () => NodeStatus): ClusterView {
  const self: ClusterNode = {
    nodeId: aloneId,
    peerAddress: '',
    clientHost: '',
    clientPort: 0,
    alive: true,
    linked: true,
    role: 'voter',
  };
  return {
    enabled: false,
    clusterId: '',
    self: aloneId,
    nodes: () => [self],
    groups: () => {
      const { partitions } = status();
      return partitions.map((partition) => groupOfOneNode(partition, partitions.length - 1));
    },
  };
}

/** What is applied is what is committed: one node applies in the turn of the commit. */
function groupOfOneNode(
  { id, ready, term, appliedIndex, lastIndex }: PartitionStatus,
  partitionCount: number,
): ClusterGroup {
  return {
    partition: id,
    leader: ready ? aloneId : 0,
    role: ready ? 'leader' : 'candidate',
    term,
    commit: appliedIndex,
    applied: appliedIndex,
    last: lastIndex,
    voters: [aloneId],
    learners: [],
    outgoing: [],
    ...slotRangeOf(id, partitionCount),
  };
}
