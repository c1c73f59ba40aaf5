import type { ByteString } from '../base/byte-string.ts';
import { array, bulk, integer, type Reply } from '../resp/reply.ts';
import { redisNodeId, type SlotRange, slotsByNode } from './cluster-map.ts';
import { clusterCommand } from './cluster-subcommand.ts';
import type { ClusterNode, ClusterView } from './cluster-view.ts';
import type { Command } from './command.ts';

/**
 * redis.io/commands/cluster-shards. A shard is here what one node leads: that node as the master,
 * and as replicas those that hold all of these slots and lead none. A node that leads nothing is a
 * shard without slots as well.
 */
export const clusterShards: Command = clusterCommand(
  {
    name: 'cluster|shards',
    flags: ['stale'],
    since: '7.0.0',
    summary: 'Tells the slots that each node leads, with the nodes that hold replicas of them.',
  },
  (view, { server }) => {
    const nodes = new Map(view.nodes().map((node) => [node.nodeId, node]));
    const shards: Reply[] = [];
    for (const [nodeId, ranges] of slotsByNode(view)) {
      const master = nodes.get(nodeId);
      if (master === undefined) continue;
      const offset = offsetOf(view, ranges);
      const member = (node: ClusterNode, role: ByteString): Reply =>
        nodeReply({ node, role, offset, id: redisNodeId(server, view, node.nodeId) });
      shards.push(
        mapReply([
          ['slots', array(ranges.flatMap(({ first, last }) => [integer(first), integer(last)]))],
          [
            'nodes',
            array([
              member(master, 'master'),
              ...replicasOfAll(ranges).map((node) => member(node, 'replica')),
            ]),
          ],
        ]),
      );
    }
    return array(shards);
  },
);

/** Redis' offset counts bytes, this one committed entries of the shard's partitions. */
function offsetOf(view: ClusterView, ranges: readonly SlotRange[]): number {
  let offset = 0;
  for (const { firstSlot, commit } of view.groups()) {
    const belongs = ranges.some(({ first, last }) => firstSlot >= first && firstSlot <= last);
    if (belongs) offset += commit;
  }
  return offset;
}

function replicasOfAll([range, ...others]: readonly SlotRange[]): readonly ClusterNode[] {
  const replicas = range?.replicas ?? [];
  return replicas.filter((node) => others.every((other) => other.replicas.includes(node)));
}

interface Member {
  readonly node: ClusterNode;
  readonly role: ByteString;
  readonly offset: number;
  readonly id: ByteString;
}

function nodeReply({ node, role, offset, id }: Member): Reply {
  const { clientHost, clientPort } = node;
  return mapReply([
    ['id', bulk(id)],
    ['port', integer(clientPort)],
    ['ip', bulk(clientHost)],
    ['endpoint', bulk(clientHost)],
    ['role', bulk(role)],
    ['replication-offset', integer(offset)],
    ['health', bulk(healthOf(node))],
  ]);
}

function healthOf({ alive, role }: ClusterNode): ByteString {
  if (!alive) return 'fail';
  return role === 'learner' ? 'loading' : 'online';
}

function mapReply(entries: readonly (readonly [ByteString, Reply])[]): Reply {
  return { kind: 'map', entries: entries.map(([name, value]) => [bulk(name), value]) };
}
