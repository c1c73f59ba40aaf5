import { median } from '../harness/statistics.ts';
import { inTurns } from './in-turns.ts';
import type { LoadClient } from './load-client.ts';
import type { LoadRequest } from './load-process.ts';
import type { LoadResult } from './load-result.ts';
import type { BenchOptions } from './options.ts';
import type { Dialect } from './requests.ts';
import { cpuMsOf, type Target } from './target.ts';

/** Servers, one or those of a cluster, and what is asked of them in a scenario. */
export interface Contender {
  readonly name: string;
  readonly members: readonly Target[];
  readonly requestOf: (scenario: Scenario, times: Times) => Promise<LoadRequest> | LoadRequest;
}

/** The ports that connections are spread over in turn, as of now. */
export type PortFinder = () => Promise<readonly number[]> | readonly number[];

export interface Times {
  readonly warmupMs: number;
  readonly measureMs: number;
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

const warmupShare = 0.2;

/**
 * A contender whose clients spell a pair in this way, spread in turn over the ports that are found
 * before each measurement: leaders move, soon after a start above all.
 */
export function pairContender(
  name: string,
  members: readonly Target[],
  { dialect, findPorts }: { readonly dialect: Dialect; readonly findPorts: PortFinder },
): Contender {
  return {
    name,
    members,
    requestOf: async ({ connections, depth }, times) => {
      const ports = await findPorts();
      const job = { port: ports[0] ?? 0, ports, dialect, connections, depth, ...times };
      return { kind: 'load', job };
    },
  };
}

/** In each round every contender once, in an order that rotates. */
export async function measureScenario(
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
  scenario: Scenario,
  { members, requestOf }: Contender,
  { seconds }: BenchOptions,
  client: LoadClient,
): Promise<Measurement> {
  const measureMs = seconds * 1_000;
  const times = { measureMs, warmupMs: measureMs * warmupShare };
  const request = await requestOf(scenario, times);
  const cpuBefore = await cpuMsOfAll(members);
  const startedAtMs = performance.now();
  const result = await client.measure(request);
  const cpuAfter = await cpuMsOfAll(members);
  const known = cpuBefore !== undefined && cpuAfter !== undefined;
  const elapsedMs = performance.now() - startedAtMs;
  return { ...result, serverCpu: known ? (cpuAfter - cpuBefore) / elapsedMs : undefined };
}

/** CPU time of all of them in ms; undefined where there is no /proc. */
async function cpuMsOfAll(members: readonly Target[]): Promise<number | undefined> {
  let sum = 0;
  for (const member of members) {
    const cpuMs = await cpuMsOf(member);
    if (cpuMs === undefined) return undefined;
    sum += cpuMs;
  }
  return sum;
}

function medianOf(rounds: readonly Measurement[]): Measurement {
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
