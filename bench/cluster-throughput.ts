import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import {
  findEtcdVersion,
  groupOf,
  leaderPortsOf,
  portsOf,
  startEtcdGroup,
  startFencepostGroup,
  startRedisGroup,
  type TargetGroup,
} from './cluster-target.ts';
import {
  type Contender,
  measureScenario,
  pairContender,
  type Row,
  type Scenario,
} from './contender.ts';
import type { LoadClient } from './load-client.ts';
import type { BenchOptions } from './options.ts';
import { findRedlockVersion, type RedlockJob } from './redlock-load.ts';
import { laneOf } from './requests.ts';

/** The contender whose numbers are the 1 of every ratio of clusters. */
export const clusterReferenceName = 'Redlock, bare loop, 3 durable Redis';

/** More than the one that a cluster has if nobody says so: enough for every node to lead some. */
const manyPartitions = 8;

/** Three servers of each kind beside each other; in each round every contender once. */
export async function measureClusters(
  options: BenchOptions,
  place: { readonly folder: string; readonly hasRedis: boolean },
  client: LoadClient,
  progress: (line: string) => void,
): Promise<readonly Row[]> {
  const contenders: Contender[] = [];
  const groups: TargetGroup[] = [];
  try {
    const lanes = Math.max(...options.connections);
    await startContenders({ ...place, lanes }, { contenders, groups }, progress);
    const rows: Row[] = [];
    for (const scenario of scenariosOf(options)) {
      progress(`${scenario.name}: ${options.rounds} rounds of ${contenders.length} clusters`);
      rows.push(...(await measureScenario(scenario, contenders, options, client)));
    }
    return rows;
  } finally {
    for (const group of groups) await group.stop();
  }
}

function scenariosOf({ connections }: BenchOptions): readonly Scenario[] {
  return connections.map((count) => ({
    name: `${count} client${count === 1 ? '' : 's'}`,
    connections: count,
    depth: 1,
  }));
}

async function startContenders(
  place: { readonly folder: string; readonly hasRedis: boolean; readonly lanes: number },
  { contenders, groups }: { readonly contenders: Contender[]; readonly groups: TargetGroup[] },
  progress: (line: string) => void,
): Promise<void> {
  const root = join(place.folder, 'clusters');
  await mkdir(root, { recursive: true });
  const tags = Array.from({ length: place.lanes }, (_, connection) => laneOf(connection, 0));
  const redlock = findRedlockVersion();
  if (redlock === undefined) progress('node-redlock is not installed: npm --prefix compat ci');
  for (const partitions of [1, manyPartitions]) {
    const folder = join(root, `partitions-${partitions}`);
    await mkdir(folder, { recursive: true });
    const nodes = await startFencepostGroup(folder, partitions);
    const group = groupOf(nodes);
    groups.push(group);
    // Where a client that reads CLUSTER SLOTS would go: each connection to the leader of its keys.
    const routed = (): Promise<readonly number[]> => leaderPortsOf(nodes, tags);
    const { members } = group;
    const spread = (): readonly number[] => portsOf(group);
    const name = partitions === 1 ? 'Fencepost x3' : `Fencepost x3, ${partitions} partitions`;
    contenders.push(
      pairContender(`${name}, SET + script`, members, { dialect: 'set', findPorts: spread }),
      pairContender(`${name}, KLOCK`, members, { dialect: 'klock', findPorts: spread }),
      pairContender(`${name}, KLOCK, routed`, members, { dialect: 'klock', findPorts: routed }),
    );
    if (redlock === undefined) continue;
    contenders.push(redlockContender(`${name}, node-redlock ${redlock}`, group, 'cluster'));
  }
  if (place.hasRedis) {
    const redis = await startRedisGroup(root);
    groups.push(redis);
    const ports = portsOf(redis);
    contenders.push({
      name: clusterReferenceName,
      members: redis.members,
      requestOf: ({ connections: clients }, times) => ({
        kind: 'quorum',
        job: { ports, clients, ...times },
      }),
    });
    if (redlock !== undefined) {
      const name = `Redlock, node-redlock ${redlock}, 3 durable Redis`;
      contenders.push(redlockContender(name, redis, 'independent'));
    }
  }
  const version = findEtcdVersion();
  if (version === undefined) {
    progress('etcd is not installed: the table goes without it');
    return;
  }
  const etcd = await startEtcdGroup(root);
  groups.push(etcd);
  contenders.push({
    name: `etcd ${version} x3, lock over gRPC`,
    members: etcd.members,
    requestOf: ({ connections: clients }, times) => ({
      kind: 'etcd',
      job: { ports: portsOf(etcd), clients, ...times },
    }),
  });
}

/** The same library, once as it is used with Redis, and once with any node of a cluster. */
function redlockContender(
  name: string,
  group: TargetGroup,
  servers: RedlockJob['servers'],
): Contender {
  return {
    name,
    members: group.members,
    requestOf: ({ connections: clients }, times) => ({
      kind: 'redlock',
      job: { ports: portsOf(group), servers, clients, ...times },
    }),
  };
}
