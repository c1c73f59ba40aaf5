import { mkdtemp, writeFile } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { LoadClient } from './load-client.ts';
import { type BenchOptions, parseOptions, usage } from './options.ts';
import { measureRecovery, type RecoveryResult } from './recovery.ts';
import { ratiosOf, recoveryTable, throughputTable } from './report.ts';
import { findRedisVersion, removeFolder } from './target.ts';
import { measureThroughput, type Row } from './throughput.ts';

/*
 * `npm run bench`: Fencepost beside Redis on this machine, in one run. Three processes matter at a
 * time: the measured server, the load process, and this one, which only waits.
 */

const print = (text: string): void => {
  process.stdout.write(`${text}\n`);
};
const progress = (line: string): void => {
  process.stderr.write(`${line}\n`);
};

async function run(options: BenchOptions): Promise<void> {
  const redisVersion = findRedisVersion();
  if (redisVersion === undefined) progress('redis-server is not installed: Fencepost runs alone');
  const folder = await mkdtemp(join(tmpdir(), 'fencepost-bench-'));
  const client = new LoadClient();
  try {
    const place = { folder, hasRedis: redisVersion !== undefined };
    const rows = options.recoveryOnly
      ? []
      : await measureThroughput(options, place, client, progress);
    if (rows.length > 0) {
      print(`\n${heading(options, redisVersion)}\n\n${throughputTable(rows)}\n`);
    }
    const recovery =
      options.leases === 0
        ? undefined
        : await measureRecovery(options.leases, folder, client, progress);
    if (recovery !== undefined) print(`\n${recoveryTable(recovery)}\n`);
    if (options.jsonFile !== undefined) {
      const json = jsonOf({ options, redisVersion, rows, recovery });
      await writeFile(options.jsonFile, `${json}\n`);
    }
  } finally {
    client.close();
    await removeFolder(folder);
  }
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
}): string {
  const { options, redisVersion, rows, recovery } = measured;
  const machine = {
    cores: cpus().length,
    cpu: cpus()[0]?.model ?? 'unknown',
    node: process.version,
    redis: redisVersion ?? null,
  };
  return JSON.stringify({ machine, options, ratios: ratiosOf(rows), rows, recovery }, null, 2);
}

try {
  await run(parseOptions(process.argv.slice(2)));
} catch (error) {
  const message = error instanceof Error ? error.message : String(error);
  process.stderr.write(`fencepost bench: ${message}\n\n${usage}`);
  process.exitCode = 1;
}
