import { SLOT_COUNT } from '../keyspace/slot.ts';
import { epochOf, slotsByNode } from './cluster-map.ts';
import { clusterCommand } from './cluster-subcommand.ts';
import type { ClusterView } from './cluster-view.ts';
import type { Command } from './command.ts';

/**
 * redis.io/commands/cluster-info. Slots are `fail` while no leader of their partition is known,
 * and `pfail` while the one that is known is not heard.
 */
export const clusterInfo: Command = clusterCommand(
  {
    name: 'cluster|info',
    flags: ['stale'],
    since: '3.0.0',
    summary: 'Tells whether every slot is served, and how many nodes there are.',
  },
  (view) => {
    const fields = Object.entries(fieldsOf(view));
    const value = fields.map(([name, text]) => `${name}:${text}\r\n`).join('');
    return { kind: 'verbatim', format: 'txt', value };
  },
);

function fieldsOf(view: ClusterView): Readonly<Record<string, string | number>> {
  const nodes = view.nodes();
  const groups = view.groups();
  const alive = new Set(nodes.filter((node) => node.alive).map(({ nodeId }) => nodeId));
  let failed = 0;
  let silent = 0;
  for (const { leader, firstSlot, lastSlot } of groups) {
    if (firstSlot === -1) continue;
    if (leader === 0) failed += lastSlot - firstSlot + 1;
    else if (!alive.has(leader)) silent += lastSlot - firstSlot + 1;
  }
  const led = groups.every(({ leader }) => alive.has(leader));
  const leading = [...slotsByNode(view).values()].filter(({ length }) => length > 0);
  return {
    cluster_state: led ? 'ok' : 'fail',
    cluster_slots_assigned: SLOT_COUNT,
    cluster_slots_ok: SLOT_COUNT - failed - silent,
    cluster_slots_pfail: silent,
    cluster_slots_fail: failed,
    cluster_known_nodes: nodes.length,
    cluster_size: leading.length,
    cluster_current_epoch: groups.reduce((newest, { term }) => Math.max(newest, term), 0),
    cluster_my_epoch: epochOf(view, view.self),
    // There is no gossip between nodes that could be counted.
    cluster_stats_messages_sent: 0,
    cluster_stats_messages_received: 0,
    total_cluster_links_buffer_limit_exceeded: 0,
  };
}
