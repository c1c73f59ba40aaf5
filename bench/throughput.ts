import { join } from 'node:path';
import { inTurns } from './in-turns.ts';
import type { LoadResult } from './load.ts';
import type { LoadClient } from './load-client.ts';
import type { BenchOptions } from './options.ts';
import type { Dialect } from './requests.ts';
import { median } from './statistics.ts';
import {
  cpuMsOf,
  loadScript,
  startTarget,
  stopTarget,
  type Target,
  type TargetKind,
} from './target.ts';

/** A server and the way in which its clients spell a pair. */
export interface Contender {
  readonly name: string;
  readonly target: Target;
  readonly dialect: Dialect;
}

export interface Scenario {
  readonly name: string;
  readonly connections: number;
  readonly depth: number;
}

export interface Measurement extends LoadResult {
  /** Share of one core that the server used; undefined where it cannot be known. */
  readonly serverCpu: number | undefined;
}

/** What one contender reached in one scenario: the median of each number, and every round. */
export interface Row {
  readonly scenario: Scenario;
  readonly contender: string;
  readonly median: Measurement;
  readonly rounds: readonly Measurement[];
}

/** The contender whose numbers are the 1 of every ratio. */
export const referenceName = 'Redis, appendfsync always';
const warmupShare = 0.2;

/** Measures every scenario: in each round every contender once, in an order that rotates. */
export async function measureThroughput(
  options: BenchOptions,
  place: { readonly folder: string; readonly hasRedis: boolean },
  client: LoadClient,
  progress: (line: string) => void,
): Promise<readonly Row[]> {
  const contenders = await startContenders(place);
  const rows: Row[] = [];
  for (const scenario of scenariosOf(options)) {
    progress(`${scenario.name}: ${options.rounds} rounds of ${contenders.length} contenders`);
    rows.push(...(await measureScenario(scenario, contenders, options, client)));
  }
  const targets = new Set(contenders.map(({ target }) => target));
  for (const target of targets) await stopTarget(target);
  return rows;
}

/**
 * The median over the rounds of what `contender` reached, divided by what the reference reached in
 * the same round: what disturbs the machine for a while disturbs both.
 */
export function ratioOf(
  rows: readonly Row[],
  row: Row,
  numberOf: (measurement: Measurement) => number,
  referredTo = referenceName,
): number | undefined {
  const reference = rows.find(
    ({ scenario, contender }) => scenario === row.scenario && contender === referredTo,
  );
  if (reference === undefined) return undefined;
  const ratios = row.rounds.flatMap((measurement, round) => {
    const other = reference.rounds[round];
    return other === undefined ? [] : [numberOf(measurement) / numberOf(other)];
  });
  return median(ratios);
}

function scenariosOf({ connections, pipelined }: BenchOptions): readonly Scenario[] {
  const plain = connections.map((count) => ({
    name: `${count} connection${count === 1 ? '' : 's'}`,
    connections: count,
    depth: 1,
  }));
  const name = `${pipelined.connections} connections x ${pipelined.depth} pairs`;
  return [...plain, { name, ...pipelined }];
}

async function startContenders({
  folder,
  hasRedis,
}: {
  readonly folder: string;
  readonly hasRedis: boolean;
}): Promise<readonly Contender[]> {
  const start = async (kind: TargetKind): Promise<Target> => {
    const target = await startTarget({ kind, folder: join(folder, kind) });
    await loadScript(target);
    return target;
  };
  const fencepost = await start('fencepost');
  const contenders: Contender[] = [
    { name: 'Fencepost, SET + script', target: fencepost, dialect: 'set' },
    { name: 'Fencepost, KLOCK + KUNLOCK', target: fencepost, dialect: 'klock' },
  ];
  if (!hasRedis) return contenders;
  const always = await start('redis-always');
  const memory = await start('redis-memory');
  contenders.push({ name: referenceName, target: always, dialect: 'set' });
  contenders.push({ name: 'Redis, memory only', target: memory, dialect: 'set' });
  return contenders;
}

async function measureScenario(
  scenario: Scenario,
  contenders: readonly Contender[],
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
  { connections, depth }: Scenario,
  { target, dialect }: Contender,
  { seconds }: BenchOptions,
  client: LoadClient,
): Promise<Measurement> {
  const measureMs = seconds * 1_000;
  const warmupMs = measureMs * warmupShare;
  const { port } = target;
  const cpuBefore = await cpuMsOf(target);
  const startedAtMs = performance.now();
  const result = await client.load({ port, dialect, connections, depth, warmupMs, measureMs });
  const cpuAfter = await cpuMsOf(target);
  const known = cpuBefore !== undefined && cpuAfter !== undefined;
  const elapsedMs = performance.now() - startedAtMs;
  return { ...result, serverCpu: known ? (cpuAfter - cpuBefore) / elapsedMs : undefined };
}

export function medianOf(rounds: readonly Measurement[]): Measurement {
  const of = (numberOf: (one: Measurement) => number): number => median(rounds.map(numberOf));
  const knowsCpu = rounds.every(({ serverCpu }) => serverCpu !== undefined);
  return {
    pairsPerSecond: of((one) => one.pairsPerSecond),
    p50Ms: of((one) => one.p50Ms),
    p99Ms: of((one) => one.p99Ms),
    p999Ms: of((one) => one.p999Ms),
    maxMs: of((one) => one.maxMs),
    generatorCpu: of((one) => one.generatorCpu),
    serverCpu: knowsCpu ? of((one) => one.serverCpu ?? 0) : undefined,
  };
}
