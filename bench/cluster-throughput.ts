import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import {
  cpuMsOfGroup,
  findEtcdVersion,
  leaderPortsOf,
  portsOf,
  startEtcdGroup,
  startFencepostGroup,
  startRedisGroup,
  stopGroup,
  type TargetGroup,
} from './cluster-target.ts';
import { inTurns } from './in-turns.ts';
import type { LoadClient } from './load-client.ts';
import type { LoadRequest } from './load-process.ts';
import type { BenchOptions } from './options.ts';
import { findRedlockVersion, type RedlockJob } from './redlock-load.ts';
import { type Dialect, laneOf } from './requests.ts';
import { type Measurement, medianOf, type Row, type Scenario } from './throughput.ts';

/** The contender whose numbers are the 1 of every ratio of clusters. */
export const clusterReferenceName = 'Redlock, bare loop, 3 durable Redis';

/** More than the one that a cluster has if nobody says so: enough for every node to lead some. */
const manyPartitions = 8;
const warmupShare = 0.2;

interface ClusterContender {
  readonly name: string;
  readonly group: TargetGroup;
  readonly requestOf: (scenario: Scenario, times: Times) => LoadRequest;
}

interface Times {
  readonly warmupMs: number;
  readonly measureMs: number;
}

/** Three servers of each kind beside each other; in each round every contender once. */
export async function measureClusters(
  options: BenchOptions,
  place: { readonly folder: string; readonly hasRedis: boolean },
  client: LoadClient,
  progress: (line: string) => void,
): Promise<readonly Row[]> {
  const contenders: ClusterContender[] = [];
  try {
    const lanes = Math.max(...options.connections);
    await startContenders({ ...place, lanes }, contenders, progress);
    const rows: Row[] = [];
    for (const scenario of scenariosOf(options)) {
      progress(`${scenario.name}: ${options.rounds} rounds of ${contenders.length} clusters`);
      rows.push(...(await measureScenario(scenario, contenders, options, client)));
    }
    return rows;
  } finally {
    for (const group of new Set(contenders.map((contender) => contender.group))) {
      await stopGroup(group);
    }
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
  contenders: ClusterContender[],
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
    const group = await startFencepostGroup(folder, partitions);
    const routed = await leaderPortsOf(group, tags);
    const spread = portsOf(group);
    const name = partitions === 1 ? 'Fencepost x3' : `Fencepost x3, ${partitions} partitions`;
    contenders.push(
      fencepostContender(`${name}, SET + script`, group, { dialect: 'set', ports: spread }),
      fencepostContender(`${name}, KLOCK`, group, { dialect: 'klock', ports: spread }),
      fencepostContender(`${name}, KLOCK, routed`, group, { dialect: 'klock', ports: routed }),
    );
    if (redlock === undefined) continue;
    contenders.push(redlockContender(`${name}, node-redlock ${redlock}`, group, 'cluster'));
  }
  if (place.hasRedis) {
    const redis = await startRedisGroup(root);
    const ports = portsOf(redis);
    contenders.push({
      name: clusterReferenceName,
      group: redis,
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
  contenders.push({
    name: `etcd ${version} x3, lock over gRPC`,
    group: etcd,
    requestOf: ({ connections: clients }, times) => ({
      kind: 'etcd',
      job: { ports: portsOf(etcd), clients, ...times },
    }),
  });
}

/**
 * Connections are spread over the nodes, which forward what they do not lead; or each is at the
 * leader of its keys, where a client that reads CLUSTER SLOTS would go.
 */
function fencepostContender(
  name: string,
  group: TargetGroup,
  { dialect, ports }: { readonly dialect: Dialect; readonly ports: readonly number[] },
): ClusterContender {
  return {
    name,
    group,
    requestOf: ({ connections, depth }, times) => ({
      kind: 'load',
      job: { port: ports[0] ?? 0, ports, dialect, connections, depth, ...times },
    }),
  };
}

/** The same library, once as it is used with Redis, and once with any node of a cluster. */
function redlockContender(
  name: string,
  group: TargetGroup,
  servers: RedlockJob['servers'],
): ClusterContender {
  return {
    name,
    group,
    requestOf: ({ connections: clients }, times) => ({
      kind: 'redlock',
      job: { ports: portsOf(group), servers, clients, ...times },
    }),
  };
}

async function measureScenario(
  scenario: Scenario,
  contenders: readonly ClusterContender[],
  options: BenchOptions,
  client: LoadClient,
): Promise<readonly Row[]> {
  const rounds = await inTurns(contenders, options.rounds, (contender) =>
    measureOnce(scenario, contender, options, client),
  );
  return contenders.map(({ name }, place) => {
    const measured = rounds[place] ?? [];
    return { scenario, contender: name, median: medianOf(measured), rounds: measured };
  });
}

async function measureOnce(
  scenario: Scenario,
  { group, requestOf }: ClusterContender,
  { seconds }: BenchOptions,
  client: LoadClient,
): Promise<Measurement> {
  const measureMs = seconds * 1_000;
  const times = { measureMs, warmupMs: measureMs * warmupShare };
  const cpuBefore = await cpuMsOfGroup(group);
  const startedAtMs = performance.now();
  const result = await client.measure(requestOf(scenario, times));
  const cpuAfter = await cpuMsOfGroup(group);
  const known = cpuBefore !== undefined && cpuAfter !== undefined;
  const elapsedMs = performance.now() - startedAtMs;
  return { ...result, serverCpu: known ? (cpuAfter - cpuBefore) / elapsedMs : undefined };
}
