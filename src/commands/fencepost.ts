import { error, NONE, type Reply } from '../resp/reply.ts';
import type { AdminRequest } from './cluster-view.ts';
import { type ArgumentDoc, type Command, type CommandInfo, NO_KEYS } from './command.ts';
import type { SessionContext } from './context.ts';
import { readAddress, readNodeId, readPartition } from './fencepost-arguments.ts';

/*
 * FENCEPOST manages the cluster through any of its nodes. A change is answered when it is
 * complete, which may take as long as a snapshot takes to arrive; whoever loses the connection
 * meanwhile can send it again, or look at STATUS: what was begun goes on.
 */

const NO_NODE = error('ERR there is no cluster here');

/** Not in scripts or transactions: those end within one turn. */
const flags: CommandInfo['flags'] = ['admin', 'noscript', 'stale', 'no_multi'];
const group = 'server';
const since = 'fencepost 0.1.0';
const NODE_ID: ArgumentDoc = { name: 'node-id', type: 'integer' };

const status: Command = {
  name: 'fencepost|status',
  arity: 2,
  flags,
  keys: NO_KEYS,
  group,
  since,
  summary: 'Tells the nodes and partitions of the cluster, as this node sees them.',
  complexity: 'O(N) with N partitions',
  arguments: [],
  runs: 'session',
  execute: (context) => administer(context, { kind: 'status' }),
};

const add: Command = {
  name: 'fencepost|add',
  arity: 4,
  flags,
  keys: NO_KEYS,
  group,
  since,
  summary: 'Adds a node as a learner; answers when every group has it.',
  complexity: 'O(N) with N bytes of state to copy',
  arguments: [NODE_ID, { name: 'host:port', type: 'string' }],
  runs: 'session',
  execute: (context, [, , id = '', place = '']): Reply => {
    const nodeId = readNodeId(id);
    if (typeof nodeId !== 'number') return nodeId;
    const read = readAddress(place);
    if ('kind' in read) return read;
    return administer(context, { kind: 'add', nodeId, address: read.address });
  },
};

const remove = aboutMember(
  'remove',
  'Removes a node from every group; answers when it counts in none.',
);

const promote = aboutMember(
  'promote',
  'Makes a learner a voter of every group; answers when it has caught up and votes in all.',
);

const transfer: Command = {
  name: 'fencepost|transfer',
  arity: 4,
  flags,
  keys: NO_KEYS,
  group,
  since,
  summary: 'Makes a node the leader of a partition, or of ALL; answers when it leads.',
  complexity: 'O(1)',
  arguments: [{ name: 'partition', type: 'string' }, NODE_ID],
  runs: 'session',
  execute: (context, [, , number = '', id = '']): Reply => {
    const partition = readPartition(number);
    if (typeof partition === 'object') return partition;
    const nodeId = readNodeId(id);
    if (typeof nodeId !== 'number') return nodeId;
    return administer(context, { kind: 'transfer', partition, nodeId });
  },
};

export const fencepost: Command = {
  name: 'fencepost',
  arity: -2,
  flags: [],
  keys: NO_KEYS,
  group,
  since,
  summary: 'Shows the cluster to its operators and changes its members and leaders.',
  complexity: 'Depends on the subcommand.',
  arguments: [],
  subcommands: [add, promote, remove, status, transfer],
  runs: 'container',
};

function aboutMember(kind: 'remove' | 'promote', summary: string): Command {
  return {
    name: `fencepost|${kind}`,
    arity: 3,
    flags,
    keys: NO_KEYS,
    group,
    since,
    summary,
    complexity: 'O(N) with N partitions',
    arguments: [NODE_ID],
    runs: 'session',
    execute: (context, [, , id = '']): Reply => {
      const nodeId = readNodeId(id);
      return typeof nodeId === 'number' ? administer(context, { kind, nodeId }) : nodeId;
    },
  };
}

/** Answers at once if the node does, and else when it has done what was asked. */
function administer({ server, session }: SessionContext, request: AdminRequest): Reply {
  if (server.administer === undefined) return NO_NODE;
  const replies: Reply[] = [];
  let later: ((reply: Reply) => void) | undefined;
  server.administer(request, (reply) => {
    if (later === undefined) replies.push(reply);
    else later(reply);
  });
  const [reply] = replies;
  if (reply !== undefined) return reply;
  later = session.deferReply();
  return NONE;
}
