import { describe, expect, test } from 'vitest';
import { faults, getFault, ringOf } from '../../chaos/faults.ts';
import { parseOptions, permittedFaults } from '../../chaos/options.ts';
import { longestStepMs } from '../../chaos/pulse.ts';
import { concludeFrom, describeVerdict, type Verdict } from '../../chaos/verdict.ts';

const verdict: Verdict = {
  seconds: 60,
  rounds: 5,
  faults: new Map([['kill', 5]]),
  operations: 1_000,
  unknown: 3,
  refused: 2,
  grants: 400,
  tokens: 390,
  leaderMoves: 4,
  gaps: [
    { ms: 100, round: 'round 1 (kill)' },
    { ms: 900, round: 'round 2 (ring)' },
  ],
  violations: [],
};

describe('a verdict', () => {
  test('is passed if leadership moved and nothing was found', () => {
    expect(concludeFrom(verdict)).toBe('passed');
    expect(describeVerdict(verdict)).toMatch(
      /median 500 ms, worst 900 ms in round 2 \(ring\)\nverdict: passed$/,
    );
  });

  test('proves nothing if leadership never moved', () => {
    const still = { ...verdict, leaderMoves: 0 };
    expect(concludeFrom(still)).toBe('proves nothing');
    expect(describeVerdict(still)).toContain('leadership did not move');
  });

  test('proves nothing if nothing was granted', () => {
    expect(concludeFrom({ ...verdict, grants: 0 })).toBe('proves nothing');
  });

  test('is failed by one violation, also if leadership never moved', () => {
    const failed = { ...verdict, leaderMoves: 0, violations: ['two holders'] };
    expect(concludeFrom(failed)).toBe('failed');
    expect(describeVerdict(failed)).toContain('VIOLATION: two holders');
  });
});

test('the longest step is that between two neighbours', () => {
  expect(longestStepMs([1_000, 1_100, 1_900, 2_000])).toBe(800);
  expect(longestStepMs([1_000])).toBe(0);
});

describe('a ring', () => {
  test('of five leaves each node exactly its two neighbours', () => {
    const cut = ringOf([3, 1, 5, 2, 4]);
    const heardBy = (to: number) =>
      [1, 2, 3, 4, 5].filter(
        (from) => from !== to && !cut.some((one) => one.from === from && one.to === to),
      );
    expect(heardBy(3)).toEqual([1, 4]);
    expect(heardBy(5)).toEqual([1, 2]);
  });

  test('of three cuts one link, both ways', () => {
    expect(ringOf([2, 1, 3])).toEqual([
      { from: 2, to: 3 },
      { from: 3, to: 2 },
    ]);
  });
});

describe('options', () => {
  test('choose faults by name, and name the ones there are if there is none such', () => {
    const { faults: chosen, seed } = parseOptions(['--faults', 'kill,ring', '--seed', '9'], 1);
    expect(chosen.map(({ name }) => name)).toEqual(['kill', 'ring']);
    expect(seed).toBe(9);
    expect(() => getFault('flood')).toThrow('there is no fault flood, only kill, ');
    expect(() => parseOptions(['--nodes', '1.5'], 1)).toThrow('--nodes 1.5 is not valid');
  });

  test('leave out what the machine does not permit, and say why', () => {
    const abilities = { namespaces: true, powerLoss: 'no root', wallClock: true } as const;
    const { permitted, skipped } = permittedFaults(faults, abilities);
    expect(permitted).toHaveLength(faults.length - 1);
    expect(skipped).toEqual(['skipped: power-loss, because no root']);
  });
});
