import fc from 'fast-check';
import { expect, test } from 'vitest';
import { IntegerList } from '../../src/base/integer-list.ts';
import { seedOf } from '../seed.ts';

const seed = seedOf();

const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ kind: fc.constant('push'), item: fc.nat(9_999), count: fc.nat(120) }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('pop') }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('drain'), left: fc.nat(20) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('set'), at: fc.nat(), item: fc.nat() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('clear') }) },
);

test('a list of integers holds what an array would, while it grows and shrinks', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60, size: 'max' }), (steps) => {
      const list = new IntegerList();
      const model: number[] = [];
      for (const one of steps) {
        if (one.kind === 'push') {
          for (let at = 0; at < one.count; at += 1) {
            list.push(one.item + at);
            model.push(one.item + at);
          }
        } else if (one.kind === 'set' && model.length > 0) {
          list.set(one.at % model.length, one.item);
          model[one.at % model.length] = one.item;
        } else if (one.kind === 'clear') {
          list.clear();
          model.length = 0;
        } else if (one.kind === 'pop' || one.kind === 'drain') {
          const left = one.kind === 'drain' ? one.left : model.length - 1;
          while (model.length > Math.max(0, left)) expect(list.pop()).toBe(model.pop());
        }
        expect(model.every((item, at) => list.at(at) === item)).toBe(true);
        expect(list.length).toBe(model.length);
      }
    }),
    { seed, numRuns: 50 },
  );
});

test('a position outside of a list of integers is a broken invariant', () => {
  const list = new IntegerList();
  expect(() => list.at(0)).toThrow('below the length');
  expect(() => list.set(0, 1)).toThrow('below the length');
  expect(() => list.pop()).toThrow('below the length');
});
