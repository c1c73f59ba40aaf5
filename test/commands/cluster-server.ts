import { type Duplex, duplexPair } from 'node:stream';
import { pino } from 'pino';
import type {
  AdminRequest,
  ClusterGroup,
  ClusterNode,
  ClusterView,
} from '../../src/commands/cluster-view.ts';
import { slotRangeOf } from '../../src/commands/cluster-view.ts';
import { createCommandTable } from '../../src/commands/command-table.ts';
import { allCommands } from '../../src/commands/table.ts';
import type { Reply } from '../../src/resp/reply.ts';
import { Config } from '../../src/server/config.ts';
import { Dispatcher } from '../../src/server/dispatch.ts';
import { Server } from '../../src/server/server.ts';
import { Session } from '../../src/server/session.ts';
import { TestClient, TestServer } from '../server/test-server.ts';

export const clusterId = '0123456789abcdef0123456789abcdef';

/** A node that clients reach at its id's own port, unless `changes` says otherwise. */
export function nodeOf(nodeId: number, changes: Partial<ClusterNode> = {}): ClusterNode {
  return {
    nodeId,
    peerAddress: `10.0.0.${nodeId}:17379`,
    clientHost: `10.0.0.${nodeId}`,
    clientPort: 7000 + nodeId,
    alive: true,
    linked: true,
    role: 'voter',
    ...changes,
  };
}

/** Groups of three voters, led by these nodes: of partition 0 first. */
export function groupsOf(
  leaders: readonly number[],
  changes: Partial<ClusterGroup> = {},
): readonly ClusterGroup[] {
  return leaders.map((leader, partition) => ({
    partition,
    leader,
    role: leader === 1 ? 'leader' : 'follower',
    term: 5 + partition,
    commit: 100 + partition,
    applied: 99 + partition,
    last: 101 + partition,
    voters: [1, 2, 3],
    learners: [],
    outgoing: [],
    ...slotRangeOf(partition, leaders.length - 1),
    ...changes,
  }));
}

export function viewOf(
  groups: readonly ClusterGroup[],
  { self = 1, nodes = [nodeOf(1), nodeOf(2), nodeOf(3)] }: ViewOptions = {},
): ClusterView {
  return { enabled: true, clusterId, self, nodes: () => nodes, groups: () => groups };
}

export interface ViewOptions {
  readonly self?: number;
  readonly nodes?: readonly ClusterNode[];
}

export interface Administration {
  readonly request: AdminRequest;
  done(reply: Reply): void;
}

/**
 * All commands behind real sessions, dispatch and `Server`, with a cluster that a test scripts:
 * what an operator asks for is kept in `asked` until the test answers.
 */
export class ClusterServer {
  readonly server: Server;
  readonly asked: Administration[] = [];
  /** What every change is answered with, a moment later, where a test does not do it itself. */
  answer: Reply | undefined;
  readonly #base: TestServer;
  readonly #services: TestServer['services'];

  /** Without a view, the server of a node that runs alone. */
  constructor(cluster?: ClusterView) {
    this.#base = new TestServer();
    const commands = createCommandTable(allCommands);
    const { registry, subscriptions, router, services } = this.#base;
    this.server = new Server({
      config: new Config(new Map()),
      log: pino({ level: 'silent' }),
      sessions: registry,
      subscriptions,
      status: () => ({
        log: { segmentCount: 1, turnsInFlight: 0, bytesSinceCheckpoint: 0, checkpointCount: 0 },
        partitions: [0, 1, 2].map(partitionStatus),
        databases: [],
        keyCounts: { hitCount: 5, missCount: 3, expiredCount: 2 },
        scriptCount: 0,
        scriptBytes: 0,
      }),
      ...(cluster === undefined ? {} : { cluster, administer: this.#administer }),
      onShutdown: () => {},
    });
    router.serve(this.server, commands);
    const { observer } = services;
    const dispatcher = new Dispatcher({ commands, router, observer, micros: () => 0 });
    this.#services = { ...services, server: this.server, commands, dispatcher };
  }

  connect(): TestClient {
    const [near, far] = duplexPair();
    near.on('close', () => far.destroy());
    far.on('close', () => near.destroy());
    return new TestClient(far, this.accept(near));
  }

  accept(stream: Duplex): Session {
    return new Session({
      stream,
      peerAddress: '127.0.0.1:50000',
      localAddress: '127.0.0.1:7379',
      authenticated: true,
      services: this.#services,
    });
  }

  readonly #administer = (request: AdminRequest, done: (reply: Reply) => void): void => {
    this.asked.push({ request, done });
    const { answer } = this;
    if (answer !== undefined) setImmediate(() => done(answer));
  };
}

function partitionStatus(id: number) {
  return {
    id,
    ready: true,
    served: true,
    term: 3,
    lastIndex: 9,
    appliedIndex: 8,
    lastToken: 0,
    leaseCount: 0,
    waitingCount: 0,
  };
}
