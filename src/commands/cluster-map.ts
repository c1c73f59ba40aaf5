import type { ByteString } from '../base/byte-string.ts';
import type { ClusterGroup, ClusterNode, ClusterView } from './cluster-view.ts';
import type { ServerPort } from './server-port.ts';

/** Slots that follow each other and are served by the same nodes. */
export interface SlotRange {
  readonly first: number;
  readonly last: number;
  /** Where clients should send commands with keys of these slots. */
  readonly owner: ClusterNode;
  /** Nodes that own no slots, hold a voting replica, are alive and known to clients. */
  readonly replicas: readonly ClusterNode[];
}

/**
 * The map of slots that clients route by. It is a hint and not a promise: a node that does not
 * lead a partition forwards, so an old map still works, and no MOVED is ever needed.
 *
 * A partition is shown at its leader. While it has none that can be reached, it is shown at the
 * node that was asked, which forwards as soon as there is one: a map without holes lets clients
 * wait where they would give up. A node that was removed from the cluster names another one.
 *
 * In a Redis Cluster a node is a master or a replica, never both, and StackExchange.Redis 3 sends
 * nothing to a node that it has seen as a replica. So only nodes that own nothing are replicas.
 */
export function slotMapOf(view: ClusterView): readonly SlotRange[] {
  const nodes = new Map(view.nodes().map((node) => [node.nodeId, node]));
  const standIn = nodes.get(view.self) ?? [...nodes.values()].find(isReachable);
  if (standIn === undefined) return [];
  const all = view
    .groups()
    .filter(({ firstSlot }) => firstSlot !== -1)
    .map((group) => rangeOf(group, nodes, standIn));
  const owners = new Set(all.map(({ owner }) => owner));
  const ranges: SlotRange[] = [];
  for (const range of all) {
    const next = { ...range, replicas: range.replicas.filter((node) => !owners.has(node)) };
    const before = ranges.at(-1);
    if (before !== undefined && servedAlike(before, next)) {
      ranges[ranges.length - 1] = { ...next, first: before.first };
    } else {
      ranges.push(next);
    }
  }
  return ranges;
}

/** The slots of each node, as `slotMapOf` shows them: every node of the cluster is there. */
export function slotsByNode(view: ClusterView): ReadonlyMap<number, readonly SlotRange[]> {
  const byNode = new Map<number, SlotRange[]>(view.nodes().map(({ nodeId }) => [nodeId, []]));
  for (const range of slotMapOf(view)) byNode.get(range.owner.nodeId)?.push(range);
  return byNode;
}

/** A node's name in Redis Cluster, 40 hexadecimal digits: the same on every node, for ever. */
export function redisNodeId(server: ServerPort, view: ClusterView, nodeId: number): ByteString {
  return server.sha1Hex(`${view.clusterId}:${nodeId}`);
}

/** The configuration epoch of a node: the newest term in which it leads a group. */
export function epochOf(view: ClusterView, nodeId: number): number {
  const led = view.groups().filter(({ leader }) => leader === nodeId);
  return led.reduce((newest, { term }) => Math.max(newest, term), 0);
}

function rangeOf(
  group: ClusterGroup,
  nodes: ReadonlyMap<number, ClusterNode>,
  standIn: ClusterNode,
): SlotRange {
  const leader = nodes.get(group.leader);
  const owner = leader !== undefined && isReachable(leader) ? leader : standIn;
  const replicas = group.voters.flatMap((nodeId) => nodes.get(nodeId) ?? []).filter(isReachable);
  return { first: group.firstSlot, last: group.lastSlot, owner, replicas };
}

function isReachable({ alive, clientPort }: ClusterNode): boolean {
  return alive && clientPort !== 0;
}

function servedAlike(one: SlotRange, other: SlotRange): boolean {
  return (
    one.last + 1 === other.first &&
    one.owner === other.owner &&
    one.replicas.length === other.replicas.length &&
    one.replicas.every((node, at) => node === other.replicas[at])
  );
}
