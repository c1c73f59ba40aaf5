import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { runProgram } from '../harness/program.ts';
import { findRedisVersion } from '../harness/server-process.ts';
import { type ClusterResult, runClusterParts } from './cluster-parts.ts';
import { findEtcdVersion } from './cluster-target.ts';
import type { Row } from './contender.ts';
import { LoadClient } from './load-client.ts';
import { type BenchOptions, parseOptions, usage } from './options.ts';
import { measureRecovery, type RecoveryResult } from './recovery.ts';
import { ratiosOf, recoveryTable, throughputTable } from './report.ts';
import { measureThroughput } from './throughput.ts';

/*
 * `npm run bench`: Fencepost beside Redis on this machine, in one run, and clusters of three beside
 * Redlock and etcd. Three processes matter at a time: the measured server (or the three that are
 * measured together), the load process, and this one, which only waits.
 */

const print = (text: string): void => {
  process.stdout.write(`${text}\n`);
};
const progress = (line: string): void => {
  process.stderr.write(`${line}\n`);
};

async function run(options: BenchOptions): Promise<boolean> {
  const redisVersion = findRedisVersion();
  if (redisVersion === undefined) progress('redis-server is not installed: Fencepost runs alone');
  const folder = await mkdtemp(join(tmpdir(), 'fencepost-bench-'));
  const client = new LoadClient();
  const hasRedis = redisVersion !== undefined;
  try {
    const single =
      options.parts === 'cluster'
        ? { rows: [], recovery: undefined }
        : await runSingleParts(options, { folder, redisVersion, client });
    const cluster =
      options.parts === 'single'
        ? undefined
        : await runClusterParts(options, { folder, hasRedis, client, print, progress });
    if (options.jsonFile !== undefined) {
      const json = jsonOf({ options, redisVersion, ...single, cluster });
      await writeFile(options.jsonFile, `${json}\n`);
    }
    return true;
  } finally {
    client.close();
    await rm(folder, { recursive: true, force: true });
  }
}

/** One server beside one Redis, and how long it takes to come back. */
async function runSingleParts(
  options: BenchOptions,
  place: {
    readonly folder: string;
    readonly redisVersion: string | undefined;
    readonly client: LoadClient;
  },
): Promise<{ readonly rows: readonly Row[]; readonly recovery: RecoveryResult | undefined }> {
  const { folder, redisVersion, client } = place;
  const hasRedis = redisVersion !== undefined;
  const rows = options.recoveryOnly
    ? []
    : await measureThroughput(options, { folder, hasRedis }, client, progress);
  if (rows.length > 0) print(`\n${heading(options, redisVersion)}\n\n${throughputTable(rows)}\n`);
  const { leases } = options;
  const recovery =
    leases === 0 ? undefined : await measureRecovery(leases, folder, client, progress);
  if (recovery !== undefined) print(`\n${recoveryTable(recovery)}\n`);
  return { rows, recovery };
}

function heading(options: BenchOptions, redisVersion: string | undefined): string {
  const { rounds, seconds } = options;
  const beside = redisVersion === undefined ? 'alone' : `beside Redis ${redisVersion}`;
  return (
    `Fencepost ${beside}: pairs of acquire and release, medians of ${rounds} rounds of ` +
    `${seconds} s,\nNode.js ${process.version}, ${cpus().length} cores; ` +
    'ratios to Redis with appendfsync always in the same round; times are of one command'
  );
}

function jsonOf(measured: {
  readonly options: BenchOptions;
  readonly redisVersion: string | undefined;
  readonly rows: readonly Row[];
  readonly recovery: RecoveryResult | undefined;
  readonly cluster: ClusterResult | undefined;
}): string {
  const { options, redisVersion, rows, recovery, cluster } = measured;
  const machine = {
    cores: cpus().length,
    cpu: cpus()[0]?.model ?? 'unknown',
    node: process.version,
    redis: redisVersion ?? null,
    etcd: findEtcdVersion() ?? null,
  };
  const ratios = ratiosOf(rows);
  return JSON.stringify({ machine, options, ratios, rows, recovery, cluster }, null, 2);
}

await runProgram({ name: 'bench', usage, parseOptions, run });
