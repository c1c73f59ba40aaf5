import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { get } from 'node:http';
import { join } from 'node:path';
import {
  answersPing,
  ask,
  cpuMsOf,
  fencepostCommand,
  findFreePort,
  launchTarget,
  loadScript,
  startTarget,
  stopTarget,
  type Target,
} from './target.ts';

/** Servers that are measured together: nodes of a cluster, or three that know no other. */
export interface TargetGroup {
  readonly members: readonly Target[];
}

const memberCount = 3;

export function portsOf({ members }: TargetGroup): readonly number[] {
  return members.map(({ port }) => port);
}

/** CPU time of all of them in ms; undefined where there is no /proc. */
export async function cpuMsOfGroup({ members }: TargetGroup): Promise<number | undefined> {
  let sum = 0;
  for (const member of members) {
    const cpuMs = await cpuMsOf(member);
    if (cpuMs === undefined) return undefined;
    sum += cpuMs;
  }
  return sum;
}

export async function stopGroup({ members }: TargetGroup): Promise<void> {
  await Promise.all(members.map((member) => stopTarget(member)));
}

/** Three Redis as Redlock wants them: independent, and durable as a lock should be. */
export async function startRedisGroup(folder: string): Promise<TargetGroup> {
  const members: Target[] = [];
  for (let number = 1; number <= memberCount; number += 1) {
    const member = await startTarget({ kind: 'redis-always', folder: join(folder, `r${number}`) });
    await loadScript(member);
    members.push(member);
  }
  return { members };
}

/** A cluster of Fencepost that can lose a node and get it back. */
export interface FencepostGroup extends TargetGroup {
  readonly members: Target[];
  /** Starts member `place` again, at the same address and on the same data. */
  readonly restart: (place: number) => Promise<void>;
}

export async function startFencepostGroup(
  folder: string,
  partitions: number,
): Promise<FencepostGroup> {
  const ports: number[] = [];
  const peerPorts: number[] = [];
  for (let number = 1; number <= memberCount; number += 1) {
    ports.push(await findFreePort());
    peerPorts.push(await findFreePort());
  }
  const peers = peerPorts.map((port, place) => `${place + 1}=127.0.0.1:${port}`).join(',');
  const secretFile = join(folder, 'cluster-secret');
  await writeFile(secretFile, `${randomBytes(32).toString('hex')}\n`, { mode: 0o600 });
  const launch = async (place: number): Promise<Target> => {
    const port = ports[place] ?? 0;
    const data = join(folder, `fencepost-${place + 1}`);
    const address = ['--host', '127.0.0.1', '--port', String(port), '--data', data];
    const cluster = ['--node-id', String(place + 1), '--peers', peers];
    const peerPort = ['--peer-port', String(peerPorts[place]), '--partitions', String(partitions)];
    const secret = ['--cluster-secret-file', secretFile];
    const flags = [...address, ...cluster, ...peerPort, ...secret];
    return await launchTarget({
      kind: 'fencepost-node',
      folder: data,
      port,
      command: [process.execPath, fencepostCommand, 'serve', ...flags],
      isServing: () => answersPing(port),
    });
  };
  const members = await Promise.all(ports.map((_, place) => launch(place)));
  const group: FencepostGroup = {
    members,
    restart: async (place) => {
      members[place] = await launch(place);
      await untilServed(group, partitions);
    },
  };
  await untilServed(group, partitions);
  await loadScript(members[0] ?? (await launch(0)));
  return group;
}

/** Who leads each partition, as one node tells (`INFO raft`); 0: it knows nobody. */
export async function leadersOf({ port }: Target): Promise<ReadonlyMap<number, number>> {
  const text = await ask(port, ['INFO', 'raft']);
  const leaders = new Map<number, number>();
  for (const [, partition, leader] of text.matchAll(/^partition(\d+):leader=(\d+)/gm)) {
    leaders.set(Number(partition), Number(leader));
  }
  return leaders;
}

const slotCount = 16_384;

/** The port of the node that leads the slot of each hash tag, as a routing client knows it. */
export async function leaderPortsOf(
  { members }: TargetGroup,
  tags: readonly string[],
): Promise<readonly number[]> {
  const [first] = members;
  if (first === undefined) return [];
  const leaders = await leadersOf(first);
  // Partition 0 owns no slots.
  const partitions = leaders.size - 1;
  const ports: number[] = [];
  for (const tag of tags) {
    const reply = await ask(first.port, ['CLUSTER', 'KEYSLOT', tag]);
    const slot = Number(/:(\d+)/.exec(reply)?.[1] ?? 0);
    const leader = leaders.get(Math.floor((slot * partitions) / slotCount) + 1) ?? 0;
    ports.push(members[leader - 1]?.port ?? first.port);
  }
  return ports;
}

const pollMs = 20;
const servedMsMax = 60_000;

/** Waits until every node knows a leader of every partition. */
async function untilServed({ members }: TargetGroup, partitions: number): Promise<void> {
  const deadlineMs = performance.now() + servedMsMax;
  for (const member of members) {
    for (;;) {
      const leaders = await leadersOf(member).catch(() => new Map<number, number>());
      const isLed = [...leaders.values()].every((leader) => leader !== 0);
      if (isLed && leaders.size >= partitions) break;
      if (performance.now() > deadlineMs) throw new Error('the cluster has no leaders');
      await new Promise((resolve) => setTimeout(resolve, pollMs));
    }
  }
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
  const launches = ports.map(async (port, place) => {
    const name = `n${place + 1}`;
    const data = join(folder, `etcd-${name}`);
    const client = ['--listen-client-urls', url(port), '--advertise-client-urls', url(port)];
    const peerUrl = url(peerPorts[place]);
    const peer = ['--listen-peer-urls', peerUrl, '--initial-advertise-peer-urls', peerUrl];
    const cluster = ['--initial-cluster', all, '--initial-cluster-state', 'new'];
    const quiet = ['--logger', 'zap', '--log-level', 'error'];
    return await launchTarget({
      kind: 'etcd',
      folder: data,
      port,
      command: [
        'etcd',
        '--name',
        name,
        '--data-dir',
        data,
        ...client,
        ...peer,
        ...cluster,
        ...quiet,
      ],
      isServing: () => isHealthy(port),
    });
  });
  return { members: await Promise.all(launches) };
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
