import { join } from 'node:path';
import type { ServerProcess } from '../harness/server-process.ts';
import { median } from '../harness/statistics.ts';
import {
  type Contender,
  type Measurement,
  measureScenario,
  pairContender,
  type Row,
  type Scenario,
} from './contender.ts';
import type { LoadClient } from './load-client.ts';
import type { BenchOptions } from './options.ts';
import type { Dialect } from './requests.ts';
import { loadScript, startTarget, type TargetKind } from './target.ts';

/** The contender whose numbers are the 1 of every ratio. */
export const referenceName = 'Redis, appendfsync always';

/** Measures every scenario: in each round every contender once, in an order that rotates. */
export async function measureThroughput(
  options: BenchOptions,
  place: { readonly folder: string; readonly hasRedis: boolean },
  client: LoadClient,
  progress: (line: string) => void,
): Promise<readonly Row[]> {
  const { contenders, servers } = await startContenders(place);
  const rows: Row[] = [];
  for (const scenario of scenariosOf(options)) {
    progress(`${scenario.name}: ${options.rounds} rounds of ${contenders.length} contenders`);
    rows.push(...(await measureScenario(scenario, contenders, options, client)));
  }
  for (const server of servers) await server.end('SIGTERM');
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
}): Promise<{
  readonly contenders: readonly Contender[];
  readonly servers: readonly ServerProcess[];
}> {
  const contenders: Contender[] = [];
  const servers: ServerProcess[] = [];
  const start = async (kind: TargetKind, dialects: Readonly<Record<string, Dialect>>) => {
    const server = await startTarget({ kind, folder: join(folder, kind) });
    servers.push(server);
    await loadScript(server);
    for (const [name, dialect] of Object.entries(dialects)) {
      contenders.push(pairContender(name, [server], { dialect, findPorts: () => [server.port] }));
    }
  };
  await start('fencepost', {
    'Fencepost, SET + script': 'set',
    'Fencepost, KLOCK + KUNLOCK': 'klock',
  });
  if (hasRedis) {
    await start('redis-always', { [referenceName]: 'set' });
    await start('redis-memory', { 'Redis, memory only': 'set' });
  }
  return { contenders, servers };
}
