import { bulk, type Reply } from '../resp/reply.ts';
import type { ClusterGroup, ClusterNode, ClusterView } from './cluster-view.ts';

/**
 * FENCEPOST STATUS: a map that reads well in redis-cli in both protocols. What belongs to one
 * node or partition is one line of `name=value`, in the form of `INFO raft`, for people and
 * programs alike; later versions may add fields at the end.
 */
export function statusReply(view: ClusterView): Reply {
  const groups = view.groups();
  const ledCount = groups.filter(({ leader }) => leader !== 0).length;
  return mapOf([
    ['cluster', view.enabled ? view.clusterId : 'none'],
    ['node', String(view.self)],
    ['state', ledCount === groups.length ? 'ok' : `${groups.length - ledCount} without a leader`],
    ['nodes', mapOf(view.nodes().map((node) => [`node${node.nodeId}`, nodeLine(node, groups)]))],
    [
      'partitions',
      mapOf(groups.map((group) => [`partition${group.partition}`, partitionLine(group)])),
    ],
  ]);
}

/** The line of a partition in INFO raft. */
export function raftLine({ leader, role, term, commit, applied }: ClusterGroup): string {
  return `leader=${leader},role=${role},term=${term},commit=${commit},applied=${applied}`;
}

function nodeLine(node: ClusterNode, groups: readonly ClusterGroup[]): string {
  const { nodeId, peerAddress, clientHost, clientPort, role, wanted } = node;
  const leads = groups.filter(({ leader }) => leader === nodeId).length;
  return fieldsText([
    ['peer', peerAddress],
    ['client', clientPort === 0 ? '' : `${clientHost}:${clientPort}`],
    ['state', stateOf(node)],
    ['role', role],
    ['leads', leads],
    // A change that waits, maybe for nodes that are down, goes on by itself once it can.
    ...(wanted === undefined ? [] : [['wanted', wanted] as const]),
  ]);
}

/** `one-way`: it is heard, and cannot be sent anything. */
function stateOf({ alive, linked }: ClusterNode): 'up' | 'one-way' | 'down' {
  if (!alive) return 'down';
  return linked ? 'up' : 'one-way';
}

/** `slots` is empty for partition 0, and `outgoing` unless voters are being changed. */
function partitionLine(group: ClusterGroup): string {
  const { firstSlot, lastSlot } = group;
  const ids = (nodeIds: readonly number[]) => nodeIds.join('/');
  const members = fieldsText([
    ['last', group.last],
    ['slots', firstSlot === -1 ? '' : `${firstSlot}-${lastSlot}`],
    ['voters', ids(group.voters)],
    ['learners', ids(group.learners)],
    ['outgoing', ids(group.outgoing)],
  ]);
  return `${raftLine(group)},${members}`;
}

function fieldsText(fields: readonly (readonly [string, string | number])[]): string {
  return fields.map(([name, value]) => `${name}=${value}`).join(',');
}

function mapOf(entries: readonly (readonly [string, string | Reply])[]): Reply {
  return {
    kind: 'map',
    entries: entries.map(([name, value]) => [
      bulk(name),
      typeof value === 'string' ? bulk(value) : value,
    ]),
  };
}
