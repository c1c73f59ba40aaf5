import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Prng } from '../../src/base/prng.ts';
import { type Lease, leaseOf, NEVER, tokenOf } from '../../src/keyspace/lease.ts';
import { LeaseRows, NO_ROW } from '../../src/keyspace/lease-rows.ts';
import { seedOf } from '../seed.ts';

const seed = seedOf();

const text = (maxLength: number) =>
  fc.uint8Array({ maxLength, size: 'max' }).map((bytes) => Buffer.from(bytes).toString('latin1'));
const number = fc.oneof(fc.constant(NEVER), fc.maxSafeNat());
const says = fc.record({
  db: fc.nat(15),
  key: text(100),
  value: fc.oneof({ weight: 9, arbitrary: text(100) }, { weight: 1, arbitrary: text(3_000) }),
  token: fc.maxSafeNat().map(tokenOf),
  expiresAtMs: number,
  endsAtMs: number,
  requestId: text(40),
});

test('a row says every field of its lease, and nothing of other rows', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(says, says), { maxLength: 40 }), (pairs) => {
      const rows = new LeaseRows();
      const expected = new Map<number, Lease>();
      for (const [first, second] of pairs) {
        const lease = leaseOf(first);
        const row = rows.add(lease, 7);
        const next = leaseOf({ ...second, db: first.db, key: first.key });
        if (second.db % 3 === 0) rows.update(row, lease, next);
        expected.set(row, second.db % 3 === 0 ? next : lease);
        if (second.db % 5 !== 0) continue;
        rows.free(row);
        expected.delete(row);
      }
      // So many others that none of these is remembered as an object.
      for (let at = 0; at < 1_200; at += 1) rows.add(leaseOf({ ...noise, key: `${at}` }), 0);
      for (const [row, lease] of expected) {
        expect(rows.leaseAt(row)).toEqual(lease);
        expect(rows.hasKey(row, lease.key)).toBe(true);
        expect(rows.hasKey(row, `${lease.key}x`)).toBe(false);
        expect([rows.endsAtMs(row), rows.hashOf(row)]).toEqual([lease.endsAtMs, 7]);
      }
    }),
    { seed, numRuns: 60 },
  );
});

test('rows of a hundred thousand leases leave few objects behind', () => {
  const rows = new LeaseRows();
  for (let at = 0; at < 100_000; at += 1) {
    const value = `owner-${at}`;
    rows.add(leaseOf({ ...noise, key: `lease:${at}`, value, token: tokenOf(at + 1) }), at);
  }
  expect(rows.byteCount / 100_000).toBeLessThan(120);
  expect(rows.leaseAt(54_321)).toMatchObject({ key: 'lease:54321', value: 'owner-54321' });
});

test('the memory of leases that are gone is given back, in whatever order they end', () => {
  const prng = new Prng(seed);
  const rows = new LeaseRows();
  const add = (at: number): number => rows.add(leaseOf({ ...noise, key: `lease:${at}` }), at);
  const few = Array.from({ length: 100 }, (_, at) => add(at));
  const fewBytes = rows.byteCount;
  const many = Array.from({ length: 100_000 }, (_, at) => add(1_000 + at));
  expect(rows.byteCount).toBeGreaterThan(100 * fewBytes);
  while (many.length > 0) {
    const at = prng.below(many.length);
    rows.free(many[at] ?? NO_ROW);
    many[at] = many.at(-1) ?? NO_ROW;
    many.pop();
  }
  expect(rows.byteCount).toBeLessThan(3 * fewBytes);
  for (const [at, row] of few.entries()) expect(rows.leaseAt(row).key).toBe(`lease:${at}`);
});

test('leases that come and go let the rows of a peak run empty', () => {
  const rows = new LeaseRows();
  const add = (at: number): number => rows.add(leaseOf({ ...noise, key: `lease:${at}` }), at);
  const peak = Array.from({ length: 50_000 }, (_, at) => add(at));
  const peakBytes = rows.byteCount;
  // Every tenth stays a while longer than the others, while new ones come and go.
  const [early, late] = [peak.filter((row) => row % 10 > 0), peak.filter((row) => row % 10 === 0)];
  for (const row of early) rows.free(row);
  const later = late.map((row, at) => {
    const next = add(at);
    rows.free(row);
    return next;
  });
  expect(new Set(later).size).toBe(late.length);
  expect(rows.byteCount).toBeLessThan(peakBytes / 5);
});

const noise: Lease = {
  db: 0,
  key: '',
  value: '',
  token: tokenOf(1),
  expiresAtMs: NEVER,
  endsAtMs: NEVER,
  requestId: '',
};

test('a long value is one string, however often it is read', () => {
  const rows = new LeaseRows();
  const bytes = 2 ** 20;
  const row = rows.add(leaseOf({ ...noise, key: 'big', value: 'v'.repeat(bytes) }), 0);
  const moved = { ...rows.leaseAt(row), expiresAtMs: 5 };
  rows.update(row, rows.leaseAt(row), moved);
  const used = (): number => process.memoryUsage().heapUsed + process.memoryUsage().external;
  const before = used();
  const values = Array.from({ length: 500 }, () => rows.leaseAt(row, 'big').value);
  expect(used() - before).toBeLessThan(50 * bytes);
  expect(values.every(({ length }) => length === bytes)).toBe(true);
  expect(rows.leaseAt(row).expiresAtMs).toBe(5);
});
