import { expect, test } from 'vitest';
import { Base } from '../../src/keyspace/base.ts';
import { Keyspace } from '../../src/keyspace/keyspace.ts';

function keyspaceWith(...keys: readonly string[]): Keyspace {
  const keyspace = new Keyspace(new Base(16), { leaseGuardPercent: 0 });
  for (const key of keys) keyspace.put(0, key, 'me', 10);
  keyspace.seal(1);
  keyspace.commit(1, 0);
  return keyspace;
}

test('a read counts a hit or a miss, and a find counts neither', () => {
  const keyspace = keyspaceWith('a');
  keyspace.read(0, 'a');
  keyspace.read(0, 'b');
  keyspace.read(1, 'a');
  keyspace.find(0, 'a');
  keyspace.find(0, 'b');
  expect(keyspace.counts).toEqual({ hitCount: 1, missCount: 2, expiredCount: 0 });
});

test('a read of a key whose time is over is a miss and ends it; others end in their order', () => {
  const keyspace = keyspaceWith('a', 'b', 'c');
  keyspace.setTime({ nowMs: 10, horizonMs: 10 });
  keyspace.read(0, 'a');
  keyspace.read(0, 'a');
  expect(keyspace.counts).toEqual({ hitCount: 0, missCount: 2, expiredCount: 1 });
  keyspace.expireDue(10);
  expect(keyspace.counts.expiredCount).toBe(3);
});

test('an end that is undone does not count, and a snapshot keeps the counts', () => {
  const keyspace = keyspaceWith('a');
  keyspace.setTime({ nowMs: 10, horizonMs: 10 });
  const savepoint = keyspace.savepoint();
  keyspace.read(0, 'a');
  keyspace.rollback(savepoint);
  expect(keyspace.counts.expiredCount).toBe(0);
  keyspace.find(0, 'a');
  expect(keyspace.counts.expiredCount).toBe(1);
  const another = keyspace.over(new Base(16));
  another.read(0, 'a');
  expect(another.counts).toEqual({ hitCount: 0, missCount: 2, expiredCount: 1 });
});
