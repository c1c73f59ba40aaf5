import { array, bulk, integer, type Reply, ZERO } from '../resp/reply.ts';
import { redisNodeId } from './cluster-map.ts';
import { clusterCommand } from './cluster-subcommand.ts';
import type { Command } from './command.ts';

/**
 * redis.io/commands/cluster-links: two for each node that is heard, one in each direction. Ages
 * and buffers of links are not counted here, and shown as 0; nothing waits to be written.
 */
export const clusterLinks: Command = clusterCommand(
  {
    name: 'cluster|links',
    flags: ['stale'],
    since: '7.0.0',
    summary: 'Lists the links between this node and the others.',
  },
  (view, { server }) => {
    const peers = view.nodes().filter(({ nodeId, alive }) => alive && nodeId !== view.self);
    return array(
      peers.flatMap(({ nodeId }) => {
        const id = redisNodeId(server, view, nodeId);
        return [link('to', id), link('from', id)];
      }),
    );
  },
);

function link(direction: 'to' | 'from', node: string): Reply {
  return {
    kind: 'map',
    entries: [
      [bulk('direction'), bulk(direction)],
      [bulk('node'), bulk(node)],
      [bulk('create-time'), integer(0)],
      [bulk('events'), bulk('r')],
      [bulk('send-buffer-allocated'), ZERO],
      [bulk('send-buffer-used'), ZERO],
    ],
  };
}
