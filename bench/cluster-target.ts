import { spawnSync } from 'node:child_process';
import { get } from 'node:http';
import { join } from 'node:path';
import { eventually } from '../harness/eventually.ts';
import { findFreePort } from '../harness/free-port.ts';
import { NodeGroup } from '../harness/node-group.ts';
import { RunningProcess } from '../harness/running-process.ts';
import type { ServerProcess } from '../harness/server-process.ts';
import { partitionOfSlot, slotOf } from '../src/keyspace/slot.ts';
import { loadScript, startTarget, type Target } from './target.ts';

/** Servers that are measured together: nodes of a cluster, or three that know no other. */
export interface TargetGroup {
  readonly members: readonly Target[];
  stop(): Promise<void>;
}

const memberCount = 3;
const startMsMax = 120_000;

export function portsOf({ members }: TargetGroup): readonly number[] {
  return members.map(({ port }) => port);
}

/** Three Redis as Redlock wants them: independent, and durable as a lock should be. */
export async function startRedisGroup(folder: string): Promise<TargetGroup> {
  const members: ServerProcess[] = [];
  for (let number = 1; number <= memberCount; number += 1) {
    const member = await startTarget({ kind: 'redis-always', folder: join(folder, `r${number}`) });
    await loadScript(member);
    members.push(member);
  }
  return { members, stop: () => endAll(members) };
}

/** A cluster of Fencepost, all of whose nodes know the release script. */
export async function startFencepostGroup(folder: string, partitions: number): Promise<NodeGroup> {
  const group = await NodeGroup.start({
    nodeCount: memberCount,
    partitionCount: partitions,
    folder,
  });
  await loadScript(group.place(1));
  return group;
}

/** The nodes that run, each of which takes connections for every key. */
export function groupOf(nodes: NodeGroup): TargetGroup {
  const members = nodes.running.map((id) => nodes.server(id));
  return { members, stop: () => nodes.stop() };
}

/** The port of the node that leads the slot of each hash tag, as a routing client knows it. */
export async function leaderPortsOf(
  nodes: NodeGroup,
  tags: readonly string[],
): Promise<readonly number[]> {
  const leaders = await nodes.leaders();
  return tags.map((tag) => {
    const partition = partitionOfSlot(slotOf(tag), nodes.partitionCount);
    return nodes.place(leaders[partition] ?? 1).port;
  });
}

async function endAll(members: readonly RunningProcess[]): Promise<void> {
  await Promise.all(members.map((member) => member.end('SIGTERM')));
}

export function findEtcdVersion(): string | undefined {
  const { stdout } = spawnSync('etcd', ['--version'], { encoding: 'utf8' });
  return /etcd Version: (\S+)/.exec(stdout ?? '')?.[1];
}

/** Three nodes of etcd with its defaults, which sync each entry to disk. */
export async function startEtcdGroup(folder: string): Promise<TargetGroup> {
  const ports: number[] = [];
  const peerPorts: number[] = [];
  for (let number = 1; number <= memberCount; number += 1) {
    ports.push(await findFreePort());
    peerPorts.push(await findFreePort());
  }
  const url = (port: number | undefined): string => `http://127.0.0.1:${port}`;
  const all = peerPorts.map((port, place) => `n${place + 1}=${url(port)}`).join(',');
  const started = ports.map((port, place) => {
    const name = `n${place + 1}`;
    const client = ['--listen-client-urls', url(port), '--advertise-client-urls', url(port)];
    const peerUrl = url(peerPorts[place]);
    const peer = ['--listen-peer-urls', peerUrl, '--initial-advertise-peer-urls', peerUrl];
    const cluster = ['--initial-cluster', all, '--initial-cluster-state', 'new'];
    const quiet = ['--logger', 'zap', '--log-level', 'error'];
    const where = ['--name', name, '--data-dir', join(folder, `etcd-${name}`)];
    const command = ['etcd', ...where, ...client, ...peer, ...cluster, ...quiet];
    return { child: new RunningProcess({ command }), port };
  });
  for (const { child, port } of started) {
    await eventually(`etcd serves on port ${port}`, startMsMax, async () => {
      if (!child.isRunning) throw new Error(`etcd ended instead of serving:\n${child.output}`);
      return (await isHealthy(port)) ? true : undefined;
    });
  }
  const members = started.map(({ child: { pid }, port }) => ({ pid, port }));
  return { members, stop: () => endAll(started.map(({ child }) => child)) };
}

/** etcd, "Monitoring": /health is true when the node knows a leader. */
async function isHealthy(port: number): Promise<boolean> {
  return await new Promise((resolve) => {
    const request = get({ host: '127.0.0.1', port, path: '/health' }, (response) => {
      let text = '';
      response.on('data', (chunk: Buffer) => {
        text += chunk.toString('utf8');
      });
      response.on('end', () => resolve(/"health":\s*"true"/.test(text)));
    });
    request.on('error', () => resolve(false));
  });
}
