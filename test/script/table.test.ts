import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatFixed, formatNumber } from '../../src/script/number-format.ts';
import { numberOf } from '../../src/script/number-parse.ts';
import { LuaTable } from '../../src/script/table.ts';
import type { LuaValue } from '../../src/script/value.ts';
import { seedOf } from '../seed.ts';

const seed = seedOf(20_260_101);

const keys = fc.oneof(
  fc.integer({ min: -2, max: 40 }),
  fc.constantFrom<LuaValue>('a', 'b', '1', true, false, 1.5, 2 ** 40),
);
const steps = fc.array(fc.tuple(keys, fc.option(fc.integer(), { nil: undefined })), {
  maxLength: 120,
});

describe('a table', () => {
  it('holds what a map holds, gives each key once, and has a border', () => {
    fc.assert(
      fc.property(steps, (changes) => {
        const table = new LuaTable();
        const model = new Map<LuaValue, number>();
        for (const [key, value] of changes) {
          table.set(key, value);
          if (value === undefined) model.delete(key);
          else model.set(key, value);
        }
        for (const [key] of changes) expect(table.get(key)).toBe(model.get(key));
        const seen = new Map<LuaValue, LuaValue>();
        for (let at = table.nextPosition(0); at !== 0; at = table.nextPosition(at)) {
          expect(table.positionOf(table.keyAt(at))).toBe(at);
          seen.set(table.keyAt(at), table.valueAt(at));
        }
        expect(seen).toEqual(model);
        const border = table.border();
        expect(border === 0 || table.get(border) !== undefined).toBe(true);
        expect(table.get(border + 1)).toBeUndefined();
      }),
      { seed, numRuns: 500 },
    );
  });

  it('may be cleared while it is traversed', () => {
    const table = new LuaTable();
    for (let key = 1; key <= 100; key += 1) table.set(key % 2 === 0 ? key : `k${key}`, key);
    let count = 0;
    for (let at = table.nextPosition(0); at !== 0; at = table.nextPosition(at)) {
      table.set(table.keyAt(at), undefined);
      count += 1;
    }
    expect(count).toBe(100);
    expect(table.nextPosition(0)).toBe(0);
  });
});

describe('a number', () => {
  it('is read back from the 17 digits it is written with', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true }), (value) => {
        expect(numberOf(value.toExponential(20))).toBe(value + 0);
      }),
      { seed, numRuns: 500 },
    );
  });

  it.each([
    [0.1, '0.1'],
    [1e14, '1e+14'],
    [99_999_999_999_999, '99999999999999'],
    [-0, '-0'],
    [1 / 3, '0.33333333333333'],
    [1_234_567_890_123.25, '1234567890123.2'],
    [12_345_678_901_234.5, '12345678901234'],
    [5e-324, '4.9406564584125e-324'],
    [Number.POSITIVE_INFINITY, 'inf'],
  ])('%d is written %s', (value, text) => {
    expect(formatNumber(value)).toBe(text);
  });

  it.each([
    [0.5, 0, '0'],
    [1.5, 0, '2'],
    [2.5, 0, '2'],
    [0.125, 2, '0.12'],
    [0.375, 2, '0.38'],
    [1e22, 1, '10000000000000000000000.0'],
    [0.1, 20, '0.10000000000000000555'],
  ])('%d with %d digits after the point is %s', (value, digits, text) => {
    expect(formatFixed(value, digits, false)).toBe(text);
  });
});
