import { expect, test } from 'vitest';
import { Prng } from '../../src/base/prng.ts';
import { hashKey, KeyIndex } from '../../src/keyspace/key-index.ts';
import { leaseOf, NEVER, tokenOf } from '../../src/keyspace/lease.ts';
import { LeaseRows, NO_ROW } from '../../src/keyspace/lease-rows.ts';
import { seedOf } from '../seed.ts';

const lease = (key: string) =>
  leaseOf({
    db: 0,
    key,
    value: 'me',
    token: tokenOf(1),
    expiresAtMs: NEVER,
    endsAtMs: NEVER,
    requestId: '',
  });

test('an index finds the rows that a map finds, also where hashes are equal', () => {
  const seed = seedOf(20_250_801);
  const prng = new Prng(seed);
  const rows = new LeaseRows();
  const index = new KeyIndex(rows);
  const model = new Map<string, number>();
  // All in one table: few places to begin at, and some of them behind its end.
  const hashOf = (key: string): number => (-1 - (key.length % 7)) << 8;
  for (let step = 0; step < 30_000; step += 1) {
    const name = prng.below(step % 10_000 < 5_000 ? 300 : 20);
    const key = 'k'.repeat(name % 30) + name;
    const row = model.get(key);
    expect(index.find(key, hashOf(key)), `seed ${seed}`).toBe(row ?? NO_ROW);
    if (row === undefined) {
      const added = rows.add(lease(key), hashOf(key));
      index.add(added, hashOf(key));
      model.set(key, added);
    } else {
      index.remove(row);
      rows.free(row);
      model.delete(key);
    }
    expect(index.size).toBe(model.size);
  }
  for (const [key, row] of model) expect(index.find(key, hashOf(key))).toBe(row);
});

test('keys that collide in one process do not collide in another', () => {
  const prng = new Prng(20_251_121);
  const name = () => prng.below(2 ** 30).toString(36) + prng.below(2 ** 30).toString(36);
  const keys = new Set(Array.from({ length: 300_000 }, name));
  const byHash = new Map<number, string>();
  const pairs: (readonly [string, string])[] = [];
  for (const key of keys) {
    const hash = hashKey(key, 1);
    const other = byHash.get(hash);
    if (other === undefined) byHash.set(hash, key);
    else pairs.push([key, other]);
  }
  expect(pairs.length).toBeGreaterThan(3);
  expect(pairs.filter(([one, other]) => hashKey(one, 2) === hashKey(other, 2))).toEqual([]);
});
