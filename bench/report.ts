import type { Measurement, Row } from './contender.ts';
import type { FailoverResult } from './failover.ts';
import type { IdleResult } from './idle.ts';
import type { RecoveryResult } from './recovery.ts';
import { ratioOf, referenceName } from './throughput.ts';

export interface Ratios {
  readonly scenario: string;
  readonly contender: string;
  /** To the reference in the same rounds; above 1 is more pairs. */
  readonly pairs: number | undefined;
  /** Above 1 is slower. */
  readonly p50: number | undefined;
  readonly p99: number | undefined;
  readonly p999: number | undefined;
}

export function ratiosOf(rows: readonly Row[], referredTo = referenceName): readonly Ratios[] {
  return rows
    .filter(({ contender }) => contender !== referredTo)
    .map((row) => {
      const ratio = (numberOf: (one: Measurement) => number): number | undefined =>
        ratioOf(rows, row, numberOf, referredTo);
      return {
        scenario: row.scenario.name,
        contender: row.contender,
        pairs: ratio((one) => one.pairsPerSecond),
        p50: ratio((one) => one.p50Ms),
        p99: ratio((one) => one.p99Ms),
        p999: ratio((one) => one.p999Ms),
      };
    });
}

/** The table that a person reads. */
export function throughputTable(rows: readonly Row[], referredTo = referenceName): string {
  const ratios = ratiosOf(rows, referredTo);
  const header = [
    'scenario',
    'server',
    'pairs/s',
    'ratio',
    'p50 ms',
    'p99 ms',
    'p99 ratio',
    'p99.9 ms',
    'server CPU',
    'load CPU',
  ];
  const lines = rows.map((row) => {
    const ratio = ratios.find(
      ({ scenario, contender }) => scenario === row.scenario.name && contender === row.contender,
    );
    const { median } = row;
    return [
      row.scenario.name,
      row.contender,
      String(Math.round(median.pairsPerSecond)),
      ratioText(row, ratio?.pairs, referredTo),
      median.p50Ms.toFixed(3),
      median.p99Ms.toFixed(3),
      ratioText(row, ratio?.p99, referredTo),
      median.p999Ms.toFixed(3),
      percentText(median.serverCpu),
      percentText(median.generatorCpu),
    ];
  });
  return table([header, ...lines]);
}

export function recoveryTable(result: RecoveryResult): string {
  const ms = (value: number): string => `${Math.round(value)} ms`;
  const bytes = (value: number): string => `${Math.round(value)} bytes`;
  return table([
    ['start and memory', `${result.leases} leases`],
    ['cold start on an empty folder', ms(result.coldStartMs)],
    ['start after kill -9', ms(result.afterKillMs)],
    ['start after SIGTERM', ms(result.afterStopMs)],
    ['time to take them', `${result.fillSeconds.toFixed(1)} s`],
    ['live heap a lease, granted', bytes(result.heapBytesPerLease)],
    ['live heap a lease, recovered', bytes(result.recoveredHeapBytesPerLease)],
    ['resident memory a lease, granted', bytes(result.residentBytesPerLease)],
    ['resident memory a lease, recovered', bytes(result.recoveredResidentBytesPerLease)],
  ]);
}

export function failoverTable({ kills, medianMs, worstMs }: FailoverResult): string {
  return table([
    ['failover', `${kills} times kill -9 of a leader`],
    ['until a grant through another node, median', `${Math.round(medianMs)} ms`],
    ['until a grant through another node, worst', `${Math.round(worstMs)} ms`],
  ]);
}

export function idleTable(idle: IdleResult): string {
  const { partitions, leases, seconds, nodeCpuFirst, nodeCpu } = idle;
  const nodes = nodeCpu.map((share, place) => [
    `node ${place + 1}`,
    coreText(nodeCpuFirst[place]),
    coreText(share),
  ]);
  const what = `idle: ${partitions} partitions, ${leases} leases held`;
  return table([[what, `${seconds} s after the load`, `${seconds} s a little later`], ...nodes]);
}

function coreText(share: number | undefined): string {
  return share === undefined ? '-' : `${(share * 100).toFixed(2)} % of a core`;
}

function ratioText(row: Row, ratio: number | undefined, referredTo: string): string {
  if (row.contender === referredTo) return '1';
  return ratio === undefined ? '-' : ratio.toFixed(2);
}

function percentText(share: number | undefined): string {
  return share === undefined ? '-' : `${Math.round(share * 100)} %`;
}

/** Text columns to the left, numbers to the right. */
export function table(lines: readonly (readonly string[])[]): string {
  const [header = []] = lines;
  const widths = header.map((_, column) =>
    Math.max(...lines.map((line) => line[column]?.length ?? 0)),
  );
  const textColumns = header.length > 2 ? 2 : 1;
  const rendered = lines.map((line) =>
    line
      .map((cell, column) => {
        const width = widths[column] ?? 0;
        return column < textColumns ? cell.padEnd(width) : cell.padStart(width);
      })
      .join('  ')
      .trimEnd(),
  );
  const rule = '-'.repeat(widths.reduce((sum, width) => sum + width + 2, -2));
  return [rendered[0], rule, ...rendered.slice(1)].join('\n');
}
