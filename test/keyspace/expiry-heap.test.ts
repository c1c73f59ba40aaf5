import { expect, test } from 'vitest';
import { Prng } from '../../src/base/prng.ts';
import { ExpiryHeap } from '../../src/keyspace/expiry-heap.ts';
import { type Lease, leaseOf, tokenOf } from '../../src/keyspace/lease.ts';
import { LeaseRows, NO_ROW } from '../../src/keyspace/lease-rows.ts';
import { seedOf } from '../seed.ts';

const leaseUntil = (endsAtMs: number): Lease => {
  const text = { key: 'k', value: 'me', requestId: '' };
  return leaseOf({ db: 0, ...text, token: tokenOf(1), expiresAtMs: endsAtMs, endsAtMs });
};

test('rows leave the heap in the order in which they end, through adds, removals and moves', () => {
  const seed = seedOf(20_250_901);
  const prng = new Prng(seed);
  const rows = new LeaseRows();
  const heap = new ExpiryHeap(rows);
  const model = new Map<number, Lease>();
  for (let step = 0; step < 20_000; step += 1) {
    const action = prng.below(10);
    const known = [...model.keys()][prng.below(Math.max(1, Math.min(model.size, 8)))];
    const lease = leaseUntil(1 + prng.below(1000));
    if (action < 5 || known === undefined) {
      const row = rows.add(lease, 0);
      heap.add(row);
      model.set(row, lease);
    } else if (action < 7) {
      heap.remove(known);
      expect(heap.has(known)).toBe(false);
      rows.free(known);
      model.delete(known);
    } else {
      rows.update(known, model.get(known) ?? lease, lease);
      heap.moved(known);
      model.set(known, lease);
    }
    const first = heap.peek();
    if (step % 50 === 0 && model.size > 0) {
      const smallest = Math.min(...[...model.values()].map(({ endsAtMs }) => endsAtMs));
      expect(rows.endsAtMs(first), `seed ${seed} step ${step}`).toBe(smallest);
    }
    expect(heap.size).toBe(model.size);
  }
  const ends: number[] = [];
  for (let row = heap.peek(); row !== NO_ROW; row = heap.peek()) {
    ends.push(rows.endsAtMs(row));
    heap.remove(row);
  }
  const expected = [...model.values()].map(({ endsAtMs }) => endsAtMs).sort((a, b) => a - b);
  expect(ends).toEqual(expected);
});

test('a row stands in the heap once', () => {
  const rows = new LeaseRows();
  const heap = new ExpiryHeap(rows);
  const row = rows.add(leaseUntil(1), 0);
  heap.add(row);
  expect(() => heap.add(row)).toThrow('once');
});
