import type { ByteString } from '../base/byte-string.ts';
import { epochOf, redisNodeId, type SlotRange, slotsByNode } from './cluster-map.ts';
import { clusterCommand } from './cluster-subcommand.ts';
import type { ClusterNode, ClusterView } from './cluster-view.ts';
import type { Command } from './command.ts';
import type { ServerPort } from './server-port.ts';

/**
 * redis.io/commands/cluster-nodes. Every node is a master, of the slots that it leads. A node
 * that is not heard is `fail?`: that is what this node sees, and nobody else was asked.
 */
export const clusterNodes: Command = clusterCommand(
  {
    name: 'cluster|nodes',
    flags: ['stale'],
    since: '3.0.0',
    summary: 'Lists the nodes of the cluster, with the slots that each leads.',
  },
  (view, { server }) => {
    const slots = slotsByNode(view);
    const lines = view
      .nodes()
      .map((node) => nodeLine(server, view, node, slots.get(node.nodeId) ?? []));
    return { kind: 'verbatim', format: 'txt', value: lines.join('') };
  },
);

/** `<id> <ip:port@cport> <flags> <master> <ping> <pong> <epoch> <link> <slot> …` */
function nodeLine(
  server: ServerPort,
  view: ClusterView,
  node: ClusterNode,
  ranges: readonly SlotRange[],
): ByteString {
  const { nodeId, clientHost, clientPort, peerAddress, alive, linked } = node;
  const peerPort = peerAddress.slice(peerAddress.lastIndexOf(':') + 1);
  const fields = [
    redisNodeId(server, view, nodeId),
    `${clientHost}:${clientPort}@${peerPort === '' ? 0 : peerPort}`,
    flagsOf(view, node),
    '-',
    // Nobody asks for the times of the last ping and pong; Redis, too, shows 0 for its own.
    0,
    0,
    epochOf(view, nodeId),
    alive && linked ? 'connected' : 'disconnected',
    ...ranges.map(({ first, last }) => (first === last ? first : `${first}-${last}`)),
  ];
  return `${fields.join(' ')}\n`;
}

function flagsOf({ self }: ClusterView, { nodeId, alive, clientPort }: ClusterNode): ByteString {
  const flags = ['master'];
  if (nodeId === self) flags.unshift('myself');
  if (!alive) flags.push('fail?');
  if (clientPort === 0) flags.push('noaddr');
  return flags.join(',');
}
