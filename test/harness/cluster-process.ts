import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { findFreePort } from './free-port.ts';
import { type ServerProcess, startServer } from './server-process.ts';

/*
 * A static cluster of real processes on loopback ports, started as the README says: every node
 * with its id, the list of peers and the file of the shared secret. It counts as started when
 * every node knows the leader of every partition, and they agree.
 */

export interface ClusterOptions {
  /** Default 3. */
  readonly nodeCount?: number;
  /** Default 8. */
  readonly partitionCount?: number;
  /** More arguments, the same for every node. */
  readonly args?: readonly string[];
}

export interface ClusterProcess {
  /** The node with the id 1 first. */
  readonly nodes: readonly ServerProcess[];
  /** The leaders by partition, from 0, once all nodes that run know and agree on all of them. */
  leaders(): Promise<readonly number[]>;
  /** Starts a node that is to be added: its address for its peers is free to be told to them. */
  startJoining(nodeId: number): Promise<JoiningNode>;
  /** Stops every process and removes the data. */
  stop(): Promise<void>;
}

export interface JoiningNode {
  readonly server: ServerProcess;
  readonly peerAddress: string;
}

const leaderMsMax = 30_000;
const replyMsMax = 2_000;
const pollMs = 50;
/** How often other ports are tried when somebody else took a free one first. */
const startTriesMax = 3;

/** Whether the built command can be a node of a cluster. */
export const clusterIsMissing = !serveHelp().includes('--peer-port');

export async function startCluster(options: ClusterOptions = {}): Promise<ClusterProcess> {
  for (let tries = 1; ; tries += 1) {
    const folder = await mkdtemp(join(tmpdir(), 'fencepost-cluster-'));
    const cluster = await launch(options, folder);
    try {
      if (cluster.failure !== undefined) throw cluster.failure;
      await cluster.leaders();
      return cluster;
    } catch (failure) {
      const output = cluster.nodes.map((node) => node.output()).join('\n');
      await cluster.stop();
      const portTaken = /in use|EADDRINUSE/i.test(`${failure}${output}`);
      if (!portTaken || tries === startTriesMax) throw new Error(`${failure}\n${output}`);
    }
  }
}

async function launch(options: ClusterOptions, folder: string) {
  const { nodeCount = 3, partitionCount = 8, args = [] } = options;
  const secretFile = join(folder, 'secret');
  await writeFile(secretFile, `${randomBytes(32).toString('hex')}\n`, { mode: 0o600 });
  const ports: number[] = [];
  while (ports.length < nodeCount) {
    const port = await findFreePort();
    if (!ports.includes(port)) ports.push(port);
  }
  const peers = ports.map((port, at) => `${at + 1}=127.0.0.1:${port}`).join(',');
  const shared = ['--peers', peers, '--partitions', String(partitionCount)];
  // A node may serve only once it has peers, so all are started before any is waited for.
  const started = await Promise.allSettled(
    ports.map((port, at) => {
      const own = ['--node-id', String(at + 1), '--peer-port', String(port)];
      return startServer({
        dataFolder: join(folder, `node-${at + 1}`),
        args: [...own, ...shared, '--cluster-secret-file', secretFile, ...args],
      });
    }),
  );
  const nodes = started.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
  const joined: ServerProcess[] = [];
  const failed = started.find((each) => each.status === 'rejected');
  return {
    nodes,
    failure: failed?.reason instanceof Error ? failed.reason : undefined,
    leaders: () => agreedLeaders(nodes, partitionCount),
    startJoining: async (nodeId: number): Promise<JoiningNode> => {
      const peerAddress = `127.0.0.1:${await findFreePort()}`;
      const own = ['--node-id', String(nodeId), '--join', 'yes'];
      const known = ['--peers', `${peers},${nodeId}=${peerAddress}`];
      const server = await startServer({
        dataFolder: join(folder, `node-${nodeId}`),
        args: [...own, ...known, '--cluster-secret-file', secretFile, ...args],
      });
      joined.push(server);
      return { server, peerAddress };
    },
    stop: async () => {
      await Promise.all([...nodes, ...joined].map((node) => node.stop()));
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function agreedLeaders(
  nodes: readonly ServerProcess[],
  partitionCount: number,
): Promise<readonly number[]> {
  const deadlineMs = performance.now() + leaderMsMax;
  const running = new Set(nodes);
  for (const node of nodes) void node.ended().then(() => running.delete(node));
  let seen: readonly (readonly number[])[] = [];
  while (performance.now() < deadlineMs) {
    seen = await Promise.all([...running].map(leadersSeenBy));
    const [first = []] = seen;
    const complete = first.length === partitionCount + 1 && !first.includes(0);
    if (complete && seen.every((leaders) => String(leaders) === String(first))) return first;
    await delay(pollMs);
  }
  const views = seen.map((leaders) => leaders.join(' ')).join(' | ');
  throw new Error(`the nodes do not agree on leaders within ${leaderMsMax} ms: ${views}`);
}

/** From INFO raft, by partition; empty if the node does not answer. */
async function leadersSeenBy({ port }: ServerProcess): Promise<readonly number[]> {
  const text = await ask(port, 'INFO raft');
  return [...text.matchAll(/^partition\d+:leader=(\d+)/gm)].map(([, leader]) => Number(leader));
}

/** The bulk string that an inline request is answered with; empty without one. */
export function ask(port: number, line: string): Promise<string> {
  return new Promise((resolve) => {
    let received = '';
    const socket = connect({ host: '127.0.0.1', port });
    const finish = (text: string): void => {
      socket.destroy();
      resolve(text);
    };
    socket.setTimeout(replyMsMax, () => finish(''));
    socket.once('connect', () => socket.write(`${line}\r\n`));
    socket.on('data', (chunk) => {
      received += chunk.toString('latin1');
      const [mark = '', length = ''] = /^\$(\d+)\r\n/.exec(received) ?? [];
      const end = mark.length + Number(length);
      if (mark !== '' && received.length >= end + 2) finish(received.slice(mark.length, end));
      else if (/^[-+:]/.test(received)) finish('');
    });
    socket.once('error', () => finish(''));
    socket.once('close', () => finish(''));
  });
}

function serveHelp(): string {
  const command = fileURLToPath(new URL('../../bin/fencepost.js', import.meta.url));
  const { stdout } = spawnSync(process.execPath, [command, 'serve', '--help'], {
    encoding: 'utf8',
  });
  return stdout;
}
