import { expect, test } from 'vitest';
import { limits } from '../../src/base/limits.ts';
import { LineLimiter } from '../../src/transport/line-limiter.ts';

test('a line about a peer comes once in a while, and says how many were held back', () => {
  let nowMs = 0;
  const limiter = new LineLimiter(() => nowMs);
  expect(limiter.admit('one', 'refused')).toBe(0);
  expect(limiter.admit('one', 'refused')).toBeUndefined();
  nowMs = limits.peerLogIntervalMs - 1;
  expect(limiter.admit('one', 'refused')).toBeUndefined();
  expect(limiter.admit('one', 'silent')).toBe(0);
  expect(limiter.admit('two', 'refused')).toBe(0);
  nowMs = limits.peerLogIntervalMs;
  expect(limiter.admit('one', 'refused')).toBe(2);
});

test('lines about ever new peers are bounded', () => {
  let nowMs = 0;
  const limiter = new LineLimiter(() => nowMs);
  let count = 0;
  for (let peer = 0; peer < 10_000; peer += 1) {
    if (limiter.admit(`${peer}`, 'refused') !== undefined) count += 1;
  }
  expect(count).toBe(limits.peerLogLineCountMax);
  nowMs = limits.peerLogIntervalMs;
  expect(limiter.admit('another', 'refused')).toBe(0);
});
