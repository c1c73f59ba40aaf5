import { expect, test } from 'vitest';
import { Heap } from '../../sim/heap.ts';
import { Prng } from '../../src/base/prng.ts';
import { seedOf } from '../seed.ts';

test('items leave a heap in the order of their keys, however they come and go', () => {
  const seed = seedOf(20_250_101);
  const prng = new Prng(seed);
  const heap = new Heap<{ readonly key: number }>();
  const model: number[] = [];
  for (let step = 0; step < 20_000; step += 1) {
    if (prng.below(10) < 5) {
      const key = prng.below(1000);
      heap.add({ key });
      model.push(key);
      model.sort((a, b) => a - b);
    } else {
      const smallest = model.shift();
      expect(heap.peek()?.key, `seed ${seed} step ${step}`).toBe(smallest);
      expect(heap.take()?.key, `seed ${seed} step ${step}`).toBe(smallest);
    }
    expect(heap.size).toBe(model.length);
  }
  const rest = Array.from({ length: heap.size }, () => heap.take()?.key);
  expect(rest).toEqual(model);
  expect(heap.take()).toBeUndefined();
});
