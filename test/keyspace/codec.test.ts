import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Base } from '../../src/keyspace/base.ts';
import { restoreMeta, restoreRow, takeCheckpoint } from '../../src/keyspace/checkpoint.ts';
import type { Effect } from '../../src/keyspace/effect.ts';
import { decodeEffects, encodeEffects } from '../../src/keyspace/effect-codec.ts';
import { Keyspace } from '../../src/keyspace/keyspace.ts';
import { leaseOf, NEVER, tokenOf } from '../../src/keyspace/lease.ts';

const byteString = fc
  .uint8Array({ maxLength: 40 })
  .map((bytes) => Buffer.from(bytes).toString('latin1'));
const db = fc.integer({ min: 0, max: 15 });
const token = fc.integer({ min: 1, max: 2 ** 50 }).map(tokenOf);
const lease = fc
  .record({
    db,
    key: byteString,
    value: byteString,
    token,
    requestId: byteString,
    expiresAtMs: fc.integer({ min: 1, max: 2 ** 45 }),
    guardMs: fc.nat(),
    expires: fc.boolean(),
  })
  .map(({ expires, guardMs, ...says }) =>
    leaseOf(
      expires
        ? { ...says, endsAtMs: says.expiresAtMs + guardMs }
        : { ...says, expiresAtMs: NEVER, endsAtMs: NEVER },
    ),
  );
const effect: fc.Arbitrary<Effect> = fc.oneof(
  fc.record({ kind: fc.constant('put'), lease, minted: fc.boolean() }),
  fc.record({ kind: fc.constant('move'), lease }),
  fc.record({ kind: fc.constant('delete'), db, key: byteString }),
  fc.record({ kind: fc.constant('expire'), db, key: byteString, token }),
  fc.record({ kind: fc.constant('flush'), db }),
  fc.record({ kind: fc.constant('publish'), channel: byteString, message: byteString }),
  fc.record({ kind: fc.constant('script'), sha1: byteString, source: byteString }),
  fc.record({ kind: fc.constant('forget-scripts') }),
  fc.record({ kind: fc.constant('raise-token'), token }),
) as fc.Arbitrary<Effect>;

test('effects are decoded as they were encoded', () => {
  fc.assert(
    fc.property(fc.array(effect, { maxLength: 20 }), (effects) => {
      expect(decodeEffects(encodeEffects(effects))).toEqual(effects);
    }),
  );
});

const versionOneBytes =
  '010103026bff056f776e6572ac02a08d06640272310203026bff056f776e6572ac02a08d0664027231' +
  '0303026bff056f776e6572ac02a08d066402723104010164050f0165070602070163016d' +
  '080235610872657475726e2031090a808080808020';

test('the bytes of version 1 stay readable and writable: every kind of effect once', () => {
  const lease = leaseOf({
    db: 3,
    key: 'k\xff',
    value: 'owner',
    token: tokenOf(300),
    expiresAtMs: 100_000,
    endsAtMs: 100_100,
    requestId: 'r1',
  });
  const effects: Effect[] = [
    { kind: 'put', lease, minted: true },
    { kind: 'put', lease, minted: false },
    { kind: 'move', lease },
    { kind: 'delete', db: 1, key: 'd' },
    { kind: 'expire', db: 15, key: 'e', token: tokenOf(7) },
    { kind: 'flush', db: 2 },
    { kind: 'publish', channel: 'c', message: 'm' },
    { kind: 'script', sha1: '5a', source: 'return 1' },
    { kind: 'forget-scripts' },
    { kind: 'raise-token', token: tokenOf(2 ** 40) },
  ];
  expect(decodeEffects(Buffer.from(versionOneBytes, 'hex'))).toEqual(effects);
  expect(encodeEffects(effects).toString('hex')).toBe(versionOneBytes);
});

test('an effect of a kind from the future is refused, not skipped', () => {
  expect(() => decodeEffects(Buffer.from([1, 200]))).toThrow(
    expect.objectContaining({ code: 'DATA_FORMAT' }),
  );
});

test('checkpoints one after the other restore the same base, and hold only what changed', () => {
  const base = new Base(16);
  const keyspace = new Keyspace(base, { leaseGuardPercent: 1 });
  const rows = new Map<string, Buffer>();
  let index = 0;
  let written = 0;
  const turn = (run: () => void): void => {
    run();
    index += 1;
    keyspace.seal(index);
    keyspace.commit(index, index * 10);
  };
  const checkpoint = (): Buffer => {
    const { meta, changes } = takeCheckpoint(base);
    written = 0;
    for (const [key, value] of changes) {
      written += 1;
      if (value === undefined) rows.delete(key.toString('latin1'));
      else rows.set(key.toString('latin1'), value);
    }
    return meta;
  };
  turn(() => {
    for (let at = 0; at < 100; at += 1) keyspace.put(at % 16, `k${at}`, 'o', 1_000 + at);
    keyspace.addScript('a'.repeat(40), 'return 1');
  });
  checkpoint();
  expect(written).toBe(101);
  turn(() => {
    for (let at = 0; at < 1_000; at += 1) keyspace.put(0, `short${at}`, 'o', 5_000);
  });
  turn(() => {
    for (let at = 0; at < 1_000; at += 1) keyspace.delete(0, `short${at}`);
    keyspace.delete(1, 'k1');
    keyspace.put(2, 'k2', 'another', NEVER);
  });
  const meta = checkpoint();
  expect(written).toBe(2);

  const restored = new Base(16);
  for (const [key, value] of rows) restoreRow(restored, [Buffer.from(key, 'latin1'), value]);
  restoreMeta(restored, meta);
  expect(restored.stateDigest).toBe(base.stateDigest);
  expect(restored.lastToken).toBe(base.lastToken);
  expect(restored.find(2, 'k2')?.value).toBe('another');
  expect(restored.find(1, 'k1')).toBeUndefined();
  expect(restored.scripts.get('a'.repeat(40))).toBe('return 1');

  const torn = new Base(16);
  for (const [key, value] of [...rows].slice(1)) {
    restoreRow(torn, [Buffer.from(key, 'latin1'), value]);
  }
  expect(() => restoreMeta(torn, meta)).toThrow(expect.objectContaining({ code: 'DATA_DAMAGED' }));
});

test('a checkpoint that is read late holds the base as it was when it was taken', () => {
  const base = new Base(16);
  const keyspace = new Keyspace(base, { leaseGuardPercent: 0 });
  let index = 0;
  const turn = (run: () => void): void => {
    run();
    index += 1;
    keyspace.seal(index);
    keyspace.commit(index, index * 10);
  };
  const restore = (rows: ReadonlyMap<string, Buffer>, meta: Buffer): Base => {
    const restored = new Base(16);
    for (const [key, value] of rows) restoreRow(restored, [Buffer.from(key, 'latin1'), value]);
    restoreMeta(restored, meta);
    return restored;
  };
  const rows = new Map<string, Buffer>();
  const read = (changes: Iterator<readonly [Buffer, Buffer | undefined]>, count: number): void => {
    for (let at = 0; at < count; at += 1) {
      const next = changes.next();
      if (next.done === true) return;
      const [key, value] = next.value;
      if (value === undefined) rows.delete(key.toString('latin1'));
      else rows.set(key.toString('latin1'), value);
    }
  };
  const everyKind = (owner: string): void => {
    for (let at = 0; at < 40; at += 1) {
      const db = at % 3;
      const lease = keyspace.find(db, `k${at}`);
      if (at % 4 === 0) keyspace.put(db, `k${at}`, owner, 1_000 + at);
      else if (at % 4 === 1) keyspace.delete(db, `k${at}`);
      else if (at % 4 === 2 && lease !== undefined) keyspace.moveEnd(lease, 9_000);
      else keyspace.put(db, `k${at}`, owner, NEVER);
    }
  };
  turn(() => everyKind('first'));
  const first = takeCheckpoint(base);
  const digest = base.stateDigest;
  const changes = first.changes[Symbol.iterator]();
  read(changes, 7);
  turn(() => everyKind('second'));
  turn(() => keyspace.put(0, 'new', 'me', NEVER));
  read(changes, 7);
  turn(() => everyKind('third'));
  turn(() => keyspace.flush(2));
  // Another checkpoint is taken before the first one was read to its end.
  const second = takeCheckpoint(base);
  const secondDigest = base.stateDigest;
  turn(() => keyspace.flush(0));
  turn(() => everyKind('fourth'));
  read(changes, 1_000);
  expect(restore(rows, first.meta).stateDigest).toBe(digest);
  read(second.changes[Symbol.iterator](), 1_000);
  expect(restore(rows, second.meta).stateDigest).toBe(secondDigest);
});
