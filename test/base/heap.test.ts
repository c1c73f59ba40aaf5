import { expect, test } from 'vitest';
import { Heap, type HeapItem } from '../../src/base/heap.ts';
import { Prng } from '../../src/base/prng.ts';

interface Item extends HeapItem {
  readonly key: number;
}

const itemOf = (key: number): Item => ({ key, heapPosition: -1 });

test('items leave a heap in the order of their keys, through adds, removals and moves', () => {
  const seed = Number(process.env.SEED ?? 20_250_101);
  const prng = new Prng(seed);
  const heap = new Heap<Item>((item) => item.key);
  const model = new Set<Item>();
  for (let step = 0; step < 20_000; step += 1) {
    const action = prng.below(10);
    const item = [...model][prng.below(Math.max(1, Math.min(model.size, 8)))];
    if (action < 5 || item === undefined) {
      const added = itemOf(prng.below(1000));
      heap.add(added);
      model.add(added);
    } else if (action < 7) {
      heap.remove(item);
      model.delete(item);
      expect(item.heapPosition).toBe(-1);
    } else {
      const next = itemOf(prng.below(1000));
      heap.replace(item, next);
      model.delete(item);
      model.add(next);
    }
    if (step % 50 === 0) {
      const smallest = Math.min(...[...model].map(({ key }) => key));
      expect(heap.peek()?.key, `seed ${seed} step ${step}`).toBe(
        model.size === 0 ? undefined : smallest,
      );
    }
    expect(heap.size).toBe(model.size);
  }
  const keys: number[] = [];
  for (let item = heap.peek(); item !== undefined; item = heap.peek()) {
    keys.push(item.key);
    heap.remove(item);
  }
  expect(keys).toEqual([...model].map(({ key }) => key).sort((a, b) => a - b));
});

test('an item stands in a heap once', () => {
  const heap = new Heap<Item>((item) => item.key);
  const item = itemOf(1);
  heap.add(item);
  expect(() => heap.add(item)).toThrow('once');
});
