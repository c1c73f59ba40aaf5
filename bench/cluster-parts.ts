import { clusterReferenceName, measureClusters } from './cluster-throughput.ts';
import type { Row } from './contender.ts';
import { type FailoverResult, measureFailover } from './failover.ts';
import { type IdleResult, measureIdle } from './idle.ts';
import type { LoadClient } from './load-client.ts';
import type { BenchOptions } from './options.ts';
import { failoverTable, idleTable, type Ratios, ratiosOf, throughputTable } from './report.ts';

/** Everything that is measured of clusters of three. */
export interface ClusterResult {
  readonly reference: string;
  readonly ratios: readonly Ratios[];
  readonly rows: readonly Row[];
  readonly failover: FailoverResult | undefined;
  readonly idle: IdleResult | undefined;
}

export interface ClusterSurroundings {
  readonly folder: string;
  readonly hasRedis: boolean;
  readonly client: LoadClient;
  readonly print: (text: string) => void;
  readonly progress: (line: string) => void;
}

/** Three nodes beside Redlock over three Redis and beside etcd, then what a failure costs. */
export async function runClusterParts(
  options: BenchOptions,
  { folder, hasRedis, client, print, progress }: ClusterSurroundings,
): Promise<ClusterResult> {
  const rows = await measureClusters(options, { folder, hasRedis }, client, progress);
  const { rounds, seconds } = options;
  print(
    `\nthree servers each, on one machine: medians of ${rounds} rounds of ${seconds} s; ` +
      'ratios to a bare\nRedlock loop in the same round; server CPU is that of all three\n\n' +
      `${throughputTable(rows, clusterReferenceName)}\n`,
  );
  const { kills, idleSeconds } = options;
  const failover = kills === 0 ? undefined : await measureFailover(kills, folder, progress);
  if (failover !== undefined) print(`\n${failoverTable(failover)}\n`);
  const idle =
    idleSeconds === 0 ? undefined : await measureIdle(idleSeconds, folder, client, progress);
  if (idle !== undefined) print(`\n${idleTable(idle)}\n`);
  const ratios = ratiosOf(rows, clusterReferenceName);
  return { reference: clusterReferenceName, ratios, rows, failover, idle };
}
