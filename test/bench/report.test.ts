import { expect, test } from 'vitest';
import type { Measurement, Row } from '../../bench/contender.ts';
import { parseOptions } from '../../bench/options.ts';
import { ratiosOf, throughputTable } from '../../bench/report.ts';
import { referenceName } from '../../bench/throughput.ts';
import { median } from '../../harness/statistics.ts';

const scenario = { name: '50 connections', connections: 50, depth: 1 };

function measured(pairsPerSecond: number): Measurement {
  const times = { p50Ms: 1, p99Ms: 2, p999Ms: 3, maxMs: 4 };
  return { pairsPerSecond, ...times, generatorCpu: 0.25, serverCpu: undefined };
}

function rowOf(contender: string, pairs: readonly number[]): Row {
  return { scenario, contender, median: measured(median(pairs)), rounds: pairs.map(measured) };
}

test('the median of an even count is the mean of the two in the middle', () => {
  expect(median([4, 1, 3, 2])).toBe(2.5);
  expect(median([5, 1, 3])).toBe(3);
});

test('a ratio is the median of the ratios of each round', () => {
  const rows = [rowOf('Fencepost', [100, 50, 30]), rowOf(referenceName, [100, 100, 10])];
  const [ratio] = ratiosOf(rows);
  expect(ratio).toMatchObject({ contender: 'Fencepost', pairs: 1, p99: 1 });
});

test('without Redis there are numbers and no ratios', () => {
  const rows = [rowOf('Fencepost', [100])];
  expect(ratiosOf(rows)[0]?.pairs).toBeUndefined();
  expect(throughputTable(rows)).toMatch(/50 connections {2}Fencepost +100 +- /);
});

test('options that are not valid are refused with their names', () => {
  expect(() => parseOptions(['--seconds', 'many'])).toThrow('--seconds many is not valid');
  expect(() => parseOptions(['--connections', '1,0'])).toThrow('--connections 0 is not valid');
  expect(parseOptions(['--quick', '--rounds', '2'])).toMatchObject({ rounds: 2, seconds: 0.3 });
});
