import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Lease, leaseOf, NEVER, tokenOf } from '../../src/keyspace/lease.ts';
import { LeaseRows } from '../../src/keyspace/lease-rows.ts';

const seed = Number(process.env.FENCEPOST_SEED ?? Math.floor(Math.random() * 2 ** 31));

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
