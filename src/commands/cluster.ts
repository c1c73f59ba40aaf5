import { OK } from '../resp/reply.ts';
import { clusterMyid, clusterMyshardid } from './cluster-identity.ts';
import { clusterInfo } from './cluster-info.ts';
import { clusterCountkeysinslot, clusterGetkeysinslot, clusterKeyslot } from './cluster-keys.ts';
import { clusterLinks } from './cluster-links.ts';
import { clusterManagement } from './cluster-management.ts';
import { clusterNodes } from './cluster-nodes.ts';
import { clusterShards } from './cluster-shards.ts';
import { clusterSlots } from './cluster-slots.ts';
import { clusterCommand, DISABLED } from './cluster-subcommand.ts';
import { clusterOf } from './cluster-view.ts';
import { type Command, type CommandInfo, NO_KEYS } from './command.ts';
import { helpOf } from './container-help.ts';

/*
 * Redis Cluster, as its clients see it (redis.io/docs/reference/cluster-spec): they ask for the
 * map of slots and route by it. That saves them a hop and nothing else: every node answers for
 * every key, by forwarding. A node that runs alone answers as a Redis without cluster mode.
 */

const container: CommandInfo & { readonly runs: 'container' } = {
  name: 'cluster',
  arity: -2,
  flags: [],
  keys: NO_KEYS,
  group: 'cluster',
  since: '3.0.0',
  summary:
    'Shows the cluster to clients of Redis Cluster, each slot at the leader of its partition.',
  complexity: 'Depends on the subcommand.',
  arguments: [],
  subcommands: [
    clusterCountkeysinslot,
    clusterGetkeysinslot,
    clusterInfo,
    clusterKeyslot,
    clusterLinks,
    clusterMyid,
    clusterMyshardid,
    clusterNodes,
    clusterShards,
    clusterSlots,
    ...clusterManagement,
  ],
  runs: 'container',
};

/** redis.io/commands/cluster; its HELP, too, is refused on a node alone. */
export const cluster: Command = {
  ...container,
  subcommands: [...(container.subcommands ?? []), guarded(helpOf(container))],
};

/** redis.io/commands/asking */
export const asking = clusterCommand(
  {
    name: 'asking',
    flags: ['fast'],
    since: '3.0.0',
    summary: 'Answers OK in a cluster: no slot is ever on its way to another node.',
  },
  () => OK,
);

/** redis.io/commands/readonly */
export const readonly = clusterCommand(
  {
    name: 'readonly',
    flags: ['loading', 'stale', 'fast'],
    since: '3.0.0',
    summary: 'Answers OK in a cluster: reads are linearizable on every node in any case.',
  },
  () => OK,
);

/** redis.io/commands/readwrite */
export const readwrite = clusterCommand(
  {
    name: 'readwrite',
    flags: ['loading', 'stale', 'fast'],
    since: '3.0.0',
    summary: 'Answers OK in a cluster, as after READONLY.',
  },
  () => OK,
);

function guarded(help: Command): Command {
  if (help.runs !== 'session') return help;
  const { execute } = help;
  const answer: typeof execute = (context, args) =>
    clusterOf(context.server).enabled ? execute(context, args) : DISABLED;
  return { ...help, execute: answer };
}
