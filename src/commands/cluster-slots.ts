import { array, bulk, integer, type Reply } from '../resp/reply.ts';
import { redisNodeId, slotMapOf } from './cluster-map.ts';
import { clusterCommand } from './cluster-subcommand.ts';
import type { ClusterNode } from './cluster-view.ts';
import type { Command } from './command.ts';

/** The metadata of a node: none, as no host name is known beside the address. */
const NO_METADATA: Reply = { kind: 'map', entries: [] };

/** redis.io/commands/cluster-slots */
export const clusterSlots: Command = clusterCommand(
  {
    name: 'cluster|slots',
    flags: ['stale'],
    since: '3.0.0',
    summary: 'Tells which nodes serve which slots, the leader first.',
  },
  (view, { server }) => {
    const nodeReply = ({ nodeId, clientHost, clientPort }: ClusterNode): Reply =>
      array([
        bulk(clientHost),
        integer(clientPort),
        bulk(redisNodeId(server, view, nodeId)),
        NO_METADATA,
      ]);
    return array(
      slotMapOf(view).map(({ first, last, owner, replicas }) =>
        array([integer(first), integer(last), ...[owner, ...replicas].map(nodeReply)]),
      ),
    );
  },
);
