import { bulks, error, OK, type Reply, ZERO } from '../resp/reply.ts';
import { redisNodeId } from './cluster-map.ts';
import { clusterCommand } from './cluster-subcommand.ts';
import type { ClusterView } from './cluster-view.ts';
import type { Command, CommandInfo } from './command.ts';
import type { ServerPort } from './server-port.ts';

/*
 * What operators of Redis Cluster send. Slots belong to partitions for ever, and members change
 * through consensus, so nearly all of it is refused, each with the command that is meant here.
 */

const MEMBERS = 'FENCEPOST ADD, PROMOTE and REMOVE change the members';
const SLOTS = 'slots belong to partitions, whose leaders FENCEPOST TRANSFER moves';

/** Arguments, and what is done here instead. */
const refused: Readonly<Record<string, readonly [syntax: string, instead: string]>> = {
  addslots: ['slot+', SLOTS],
  addslotsrange: ['start-slot end-slot+', SLOTS],
  bumpepoch: ['', 'terms rise by elections'],
  delslots: ['slot+', SLOTS],
  delslotsrange: ['start-slot end-slot+', SLOTS],
  failover: ['options?', 'FENCEPOST TRANSFER moves leaders'],
  flushslots: ['', SLOTS],
  forget: ['node-id', MEMBERS],
  meet: ['ip port+', MEMBERS],
  replicate: ['node-id', MEMBERS],
  'set-config-epoch': ['config-epoch', 'terms rise by elections'],
  setslot: ['slot subcommand+', SLOTS],
};

const operatorFlags: CommandInfo['flags'] = ['admin', 'no_async_loading', 'stale'];

const saveconfig = clusterCommand(
  {
    name: 'cluster|saveconfig',
    flags: operatorFlags,
    since: '3.0.0',
    summary: 'Answers OK: members are on disk before a change of them is answered.',
  },
  () => OK,
);

const reset = clusterCommand(
  {
    name: 'cluster|reset',
    flags: ['admin', 'noscript', 'stale'],
    since: '3.0.0',
    summary: `Is refused: ${MEMBERS}.`,
    syntax: 'hard-soft?',
  },
  () => refusal('reset', MEMBERS),
);

/** Every node is a master, as it answers for all keys, so none has a replica of its own. */
const replicaLists = ['replicas', 'slaves'].map((name) =>
  aboutNode(name, 'Lists the replicas of a node: none, as all nodes are masters.', () => bulks([])),
);

const failureReports = aboutNode(
  'count-failure-reports',
  'Tells what nodes report of a node: nothing, as there is no gossip.',
  () => ZERO,
);

export const clusterManagement: readonly Command[] = [
  ...Object.entries(refused).map(([name, [syntax, instead]]) =>
    clusterCommand(
      {
        name: `cluster|${name}`,
        flags: operatorFlags,
        since: '3.0.0',
        summary: `Is refused: ${instead}.`,
        syntax,
      },
      () => refusal(name, instead),
    ),
  ),
  saveconfig,
  reset,
  ...replicaLists,
  failureReports,
];

function refusal(name: string, instead: string): Reply {
  return error(`ERR CLUSTER ${name.toUpperCase()} does nothing here: ${instead}`);
}

function aboutNode(name: string, summary: string, answer: () => Reply): Command {
  return clusterCommand(
    {
      name: `cluster|${name}`,
      flags: ['admin', 'stale'],
      since: '3.0.0',
      summary,
      syntax: 'node-id',
    },
    (view, { server }, [, , id = '']) =>
      isKnown(server, view, id) ? answer() : error(`ERR Unknown node ${id}`),
  );
}

function isKnown(server: ServerPort, view: ClusterView, id: string): boolean {
  return view.nodes().some(({ nodeId }) => redisNodeId(server, view, nodeId) === id);
}
