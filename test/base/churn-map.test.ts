import { expect, test } from 'vitest';
import { ChurnMap } from '../../src/base/churn-map.ts';
import { Prng } from '../../src/base/prng.ts';
import { seedOf } from '../seed.ts';

test('it holds what a map holds, through many additions, removals and copies', () => {
  const seed = seedOf(20_261_121);
  const prng = new Prng(seed);
  const churned = new ChurnMap<number, number>();
  const model = new Map<number, number>();
  for (let step = 0; step < 100_000; step += 1) {
    const keyCount = step % 20_000 < 10_000 ? 8 : 6_000;
    const key = prng.below(keyCount);
    if (prng.oneIn(2)) {
      churned.set(key, step);
      model.set(key, step);
    } else {
      expect(churned.delete(key)).toBe(model.delete(key));
    }
    const asked = prng.below(keyCount);
    if (churned.get(asked) !== model.get(asked) || churned.has(asked) !== model.has(asked)) {
      throw new Error(`seed ${seed}, step ${step}: another value of ${asked}`);
    }
    if (step % 1000 !== 0) continue;
    expect(churned.size).toBe(model.size);
    expect([...churned]).toEqual([...model]);
    expect([...churned.keys()]).toEqual([...model.keys()]);
    expect([...churned.values()]).toEqual([...model.values()]);
  }
  churned.clear();
  expect(churned.size).toBe(0);
});
