import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Base } from '../../src/keyspace/base.ts';
import { decodeEffects, encodeEffects } from '../../src/keyspace/effect-codec.ts';
import { Keyspace } from '../../src/keyspace/keyspace.ts';
import { type Lease, NEVER } from '../../src/keyspace/lease.ts';
import { seedOf } from '../seed.ts';
import { KeyspaceModel, type ModelLease } from './keyspace-model.ts';

const seed = seedOf();
const runCount = Number(process.env.FENCEPOST_TEST_RUNS ?? 300);
const parameters = { seed, numRuns: runCount };
const databaseCount = 2;
const guardPercent = 10;

const db = fc.integer({ min: 0, max: databaseCount - 1 });
const key = fc.constantFrom('a', 'b', 'c', 'd', 'e');
const value = fc.constantFrom('me', 'you');
const ttlMs = fc.constantFrom(0, 1, 3, 10, 40);

const change = fc.oneof(
  fc.record({ kind: fc.constant('put'), db, key, value, ttlMs }),
  fc.record({ kind: fc.constant('put-keeping-end'), db, key, value }),
  fc.record({ kind: fc.constant('move'), db, key, ttlMs }),
  fc.record({ kind: fc.constant('rename'), db, key, newKey: key }),
  fc.record({ kind: fc.constant('delete'), db, key }),
  fc.record({ kind: fc.constant('find'), db, key }),
);
const flush = fc.record({ kind: fc.constant('flush'), db });
const step = fc.oneof(
  { weight: 12, arbitrary: change },
  { weight: 1, arbitrary: flush },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('undone'),
      changes: fc.array(
        fc.oneof({ weight: 8, arbitrary: change }, { weight: 1, arbitrary: flush }),
      ),
    }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('seal') }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('commit') }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('drop') }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('expire') }) },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant('pass'), ms: fc.nat(12), late: fc.boolean() }),
  },
);

type StepOf<Arbitrary> = Arbitrary extends fc.Arbitrary<infer Item> ? Item : never;
type Change = StepOf<typeof change> | StepOf<typeof flush>;
type Step = StepOf<typeof step>;

/** A keyspace, the model beside it, and a follower that is given every committed entry. */
class Trio {
  readonly base = new Base(databaseCount);
  readonly keyspace = new Keyspace(this.base, { leaseGuardPercent: guardPercent });
  readonly model = new KeyspaceModel(databaseCount, guardPercent);
  readonly follower = new Base(databaseCount);
  #index = 0;
  readonly #sealed: { readonly index: number; readonly timeMs: number }[] = [];
  #logTimeMs = 0;

  constructor() {
    this.pass(1, false);
  }

  run(one: Step): void {
    switch (one.kind) {
      case 'undone':
        return this.#runUndone(one.changes);
      case 'seal':
        return this.seal();
      case 'commit':
        return this.commit();
      case 'drop':
        return this.#drop();
      case 'expire':
        return this.#expire();
      case 'pass':
        return this.pass(one.ms, one.late);
      default:
        return this.change(one);
    }
  }

  change(one: Change): void {
    const { keyspace, model } = this;
    switch (one.kind) {
      case 'put': {
        const expiresAtMs = one.ttlMs === 0 ? NEVER : keyspace.nowMs + one.ttlMs;
        keyspace.put(one.db, one.key, one.value, expiresAtMs);
        return model.put(one.db, one.key, one.value, expiresAtMs);
      }
      case 'put-keeping-end':
        keyspace.putKeepingEnd(one.db, one.key, one.value);
        return model.putKeepingEnd(one.db, one.key, one.value);
      case 'move': {
        const expiresAtMs = one.ttlMs === 0 ? NEVER : keyspace.nowMs + one.ttlMs;
        const lease = keyspace.find(one.db, one.key);
        if (lease !== undefined) keyspace.moveEnd(lease, expiresAtMs);
        return model.moveEnd(one.db, one.key, expiresAtMs);
      }
      case 'rename': {
        if (one.key === one.newKey) return;
        const lease = keyspace.find(one.db, one.key);
        if (lease !== undefined) keyspace.rename(lease, one.newKey);
        return model.rename(one.db, one.key, one.newKey);
      }
      case 'delete':
        expect(keyspace.delete(one.db, one.key)).toBe(model.delete(one.db, one.key));
        return;
      case 'find':
        expect(saidOf(keyspace.find(one.db, one.key))).toEqual(model.find(one.db, one.key));
        return;
      case 'flush':
        keyspace.flush(one.db);
        return model.flush(one.db);
    }
  }

  seal(): void {
    if (this.keyspace.effectCount === 0) return;
    this.#index += 1;
    this.#sealed.push({ index: this.#index, timeMs: this.keyspace.nowMs });
    this.keyspace.seal(this.#index);
    this.model.seal();
  }

  commit(): void {
    const entry = this.#sealed.shift();
    if (entry === undefined) return;
    expect(this.keyspace.oldestPendingIndex).toBe(entry.index);
    const effects = this.keyspace.commit(entry.index, entry.timeMs);
    this.model.commit();
    for (const effect of decodeEffects(encodeEffects(effects))) {
      this.follower.apply(effect, entry.timeMs);
    }
    this.#logTimeMs = entry.timeMs;
  }

  pass(ms: number, late: boolean): void {
    const nowMs = this.model.nowMs + ms;
    this.model.nowMs = nowMs;
    if (!late) this.model.horizonMs = nowMs;
    this.keyspace.setTime({ nowMs, horizonMs: this.model.horizonMs });
  }

  #runUndone(changes: readonly Change[]): void {
    const own = this.keyspace.savepoint();
    const modelled = this.model.savepoint();
    for (const one of changes) this.change(one);
    this.keyspace.rollback(own);
    this.model.rollback(modelled);
  }

  /** A new leader goes on from the log time of what is committed. */
  #drop(): void {
    this.keyspace.drop();
    this.model.drop();
    this.#sealed.length = 0;
    this.model.nowMs = this.#logTimeMs;
    this.model.horizonMs = this.#logTimeMs;
    this.pass(1, false);
  }

  #expire(): void {
    let count = 0;
    for (;;) {
      const expired = this.keyspace.expireDue(2);
      count += expired;
      if (expired < 2) break;
    }
    expect(count).toBe(this.model.expireDue());
  }

  check(): void {
    const { keyspace, model, base, follower } = this;
    expect(keyspace.lastToken).toBe(model.lastToken);
    for (let number = 0; number < databaseCount; number += 1) {
      expect(keyspace.size(number)).toBe(model.size(number));
      expect(saidOfAll(keyspace.leases(number))).toEqual(model.leases(number));
      expect(saidOfAll(base.list(number))).toEqual(model.committedLeases(number));
      expect(base.size(number)).toBe(base.list(number).size);
    }
    expect(follower.stateDigest).toBe(base.stateDigest);
    expect(follower.lastToken).toBe(base.lastToken);
  }
}

describe('a keyspace', () => {
  test('does what the model does, in every layer and on a follower', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const trio = new Trio();
        for (const one of steps) {
          trio.run(one);
          trio.check();
        }
      }),
      parameters,
    );
  });

  test('returns every key that stays during a whole SCAN at least once', () => {
    const inDatabase0 = change.map((one) => ({ ...one, db: 0 }));
    const scanned = fc.record({
      steps: fc.array(step, { maxLength: 20 }),
      keys: fc.array(fc.tuple(key, ttlMs)),
      meanwhile: fc.array(fc.array(fc.oneof(inDatabase0, fc.constant({ kind: 'seal' } as const)))),
      count: fc.integer({ min: 1, max: 3 }),
    });
    fc.assert(
      fc.property(scanned, ({ steps, keys, meanwhile, count }) => {
        const trio = new Trio();
        for (const one of steps) if (one.kind !== 'drop') trio.run(one);
        for (const [name, ms] of keys) {
          trio.run({ kind: 'put', db: 0, key: name, value: 'me', ttlMs: ms });
        }
        trio.seal();
        for (let count = 0; count < steps.length + 1; count += 1) trio.commit();
        const held = (): Set<string> => new Set([...trio.keyspace.leases(0)].map(({ key }) => key));
        let always = held();
        const ever = new Set(always);
        const found = new Set<string>();
        let position = 0;
        let round = 0;
        do {
          const page = trio.keyspace.scan(0, position, count);
          for (const lease of page.leases) {
            expect(trio.keyspace.find(0, lease.key)).toEqual(lease);
            found.add(lease.key);
          }
          position = page.position;
          for (const one of meanwhile[round] ?? []) {
            trio.run(one);
            if (round % 2 === 1) trio.commit();
            const now = held();
            always = new Set([...always].filter((name) => now.has(name)));
            for (const name of now) ever.add(name);
          }
          round += 1;
        } while (position !== 0);
        for (const name of always) expect(found).toContain(name);
        for (const name of found) expect(ever).toContain(name);
      }),
      parameters,
    );
  });

  test('moves the version of a watched key with every change of it, and of no other', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), db, key, (steps, number, name) => {
        const trio = new Trio();
        for (const one of steps) trio.run(one);
        const { keyspace } = trio;
        const version = keyspace.watch(number, name);
        const other = keyspace.watch(number, 'other');
        expect(keyspace.watchedVersion(number, name)).toBe(version);
        keyspace.put(number, name, 'someone', NEVER);
        keyspace.delete(number, name);
        const later = keyspace.watchedVersion(number, name);
        expect(later).not.toBe(version);
        keyspace.flush(number);
        expect(keyspace.watchedVersion(number, name)).toBe(later);
        keyspace.put(number, name, 'someone', NEVER);
        keyspace.flush(number);
        expect(keyspace.watchedVersion(number, name)).not.toBe(later);
        expect(keyspace.watchedVersion(number, 'other')).toBe(other);
        keyspace.unwatch(number, name);
        expect(keyspace.watchedVersion(number, name)).toBe(-1);
      }),
      parameters,
    );
  });

  test('moves the version of a watched key when its lease is over', () => {
    const trio = new Trio();
    trio.keyspace.put(0, 'a', 'me', trio.keyspace.nowMs + 10);
    const version = trio.keyspace.watch(0, 'a');
    trio.pass(11, false);
    expect(trio.keyspace.watchedVersion(0, 'a')).not.toBe(version);
  });

  test('moves the versions of all watched keys when leadership is lost', () => {
    const trio = new Trio();
    const version = trio.keyspace.watch(0, 'a');
    trio.keyspace.drop();
    expect(trio.keyspace.watchedVersion(0, 'a')).not.toBe(version);
  });

  test('forgets a script that was added after the savepoint, and remembers forgotten ones', () => {
    const { keyspace } = new Trio();
    keyspace.addScript('1', 'return 1');
    const savepoint = keyspace.savepoint();
    keyspace.addScript('2', 'return 2');
    keyspace.forgetScripts();
    keyspace.publish('channel', 'message');
    expect(keyspace.scriptCount).toBe(0);
    keyspace.rollback(savepoint);
    expect(keyspace.findScript('1')).toBe('return 1');
    expect(keyspace.findScript('2')).toBeUndefined();
    expect(keyspace.scriptBytes).toBe('return 1'.length);
    expect(keyspace.effectCount).toBe(1);
  });
});

function saidOf(lease: Lease | undefined): ModelLease | undefined {
  if (lease === undefined) return undefined;
  const { key: name, value: owner, token, expiresAtMs, endsAtMs } = lease;
  return { key: name, value: owner, token, expiresAtMs, endsAtMs };
}

function saidOfAll(leases: Iterable<Lease>): readonly ModelLease[] {
  const said = [...leases].map(({ key: name, value: owner, token, expiresAtMs, endsAtMs }) => ({
    key: name,
    value: owner,
    token,
    expiresAtMs,
    endsAtMs,
  }));
  return said.sort((first, second) => (first.key < second.key ? -1 : 1));
}
