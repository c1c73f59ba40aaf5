import { bulk } from '../resp/reply.ts';
import { redisNodeId } from './cluster-map.ts';
import { clusterCommand } from './cluster-subcommand.ts';
import type { Command } from './command.ts';

/** redis.io/commands/cluster-myid */
export const clusterMyid: Command = clusterCommand(
  {
    name: 'cluster|myid',
    flags: ['stale'],
    since: '3.0.0',
    summary: 'Tells the id of this node in the words of Redis Cluster.',
  },
  (view, { server }) => bulk(redisNodeId(server, view, view.self)),
);

/** redis.io/commands/cluster-myshardid. A shard is what one node leads. */
export const clusterMyshardid: Command = clusterCommand(
  {
    name: 'cluster|myshardid',
    flags: ['stale'],
    since: '7.2.0',
    summary: 'Tells the id of the shard that this node leads.',
  },
  (view, { server }) => bulk(server.sha1Hex(`shard:${view.clusterId}:${view.self}`)),
);
