import { expect, test } from 'vitest';
import { Histogram } from '../../bench/histogram.ts';
import { Prng } from '../../src/base/prng.ts';
import { seedOf } from '../seed.ts';

test('a percentile of no samples is 0', () => {
  expect(new Histogram().percentile(0.99)).toBe(0);
});

test('short times are counted exactly', () => {
  const histogram = new Histogram();
  for (let micros = 1; micros <= 200; micros += 1) histogram.add(micros);
  expect(histogram.percentile(0.5)).toBe(100);
  expect(histogram.percentile(0.99)).toBe(198);
  expect(histogram.percentile(1)).toBe(200);
  expect(histogram.maxMicros).toBe(200);
});

test('a percentile is at most 1 % above the sample at its place, and never below it', () => {
  const seed = seedOf(20_261);
  const prng = new Prng(seed);
  const histogram = new Histogram();
  const samples: number[] = [];
  for (let count = 0; count < 20_000; count += 1) {
    const micros = prng.below(2 ** prng.between(1, 31));
    samples.push(micros);
    histogram.add(micros);
  }
  samples.sort((a, b) => a - b);
  for (const fraction of [0.01, 0.5, 0.9, 0.99, 0.999, 1]) {
    const exact = samples[Math.ceil(samples.length * fraction) - 1] ?? Number.NaN;
    const counted = histogram.percentile(fraction);
    expect(counted, `seed ${seed}, ${fraction}`).toBeGreaterThanOrEqual(exact);
    expect(counted, `seed ${seed}, ${fraction}`).toBeLessThanOrEqual(exact * 1.01);
  }
});

test('a sample counts as often as it is said to', () => {
  const histogram = new Histogram();
  histogram.add(10, 99);
  histogram.add(1_000, 1);
  expect(histogram.count).toBe(100);
  expect(histogram.percentile(0.99)).toBe(10);
  expect(histogram.percentile(0.999)).toBe(1_000);
});

test('a cleared histogram has forgotten everything', () => {
  const histogram = new Histogram();
  histogram.add(5_000);
  histogram.clear();
  expect([histogram.count, histogram.maxMicros, histogram.percentile(1)]).toEqual([0, 0, 0]);
});
