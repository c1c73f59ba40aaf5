import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ByteString } from '../../src/base/byte-string.ts';
import { limits } from '../../src/base/limits.ts';
import { findKnownScript, knownScripts } from '../../src/script/known-scripts.ts';
import { compareAndDelete, type NativeScript } from '../../src/script/known-shapes.ts';
import { seedOf } from '../seed.ts';
import { type Call, outcomeOf, type State } from './known-script-run.ts';
import { collectTexts, hasRedisPy, type SourcedScript, sha1Of } from './package-scripts.ts';

const seed = seedOf();
const runsPerScript = Number(process.env.FENCEPOST_TEST_RUNS ?? 300);

const texts = collectTexts();
/** Those whose text is at hand. */
const sourced: readonly SourcedScript[] = knownScripts.flatMap((script) => {
  const source = texts.get(script.sha1);
  return source === undefined ? [] : [{ ...script, source }];
});
const isOfRedisPy = ({ name }: { name: string }) => name.startsWith('redis-py 4.3.4 ');

const keyOf = fc.constantFrom('a', 'b', 'lock:1', '', '\x00\xff\r\n"');
const ownerOf = fc.oneof(
  { weight: 5, arbitrary: fc.constantFrom('owner', '1') },
  { weight: 2, arbitrary: fc.constantFrom('01', '1.0', '', 'Owner', '\x00\x01\xfe\xff', 'owner ') },
);
const timeOf = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: 1, max: 100_000 }).map(String) },
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      ...[
        '0',
        '-1',
        '-5000',
        '-0',
        '1.5',
        '007',
        '+3',
        ' 8',
        '8 ',
        '1e3',
        '0x10',
        'abc',
        '',
        '8\0',
      ],
      ...['999999999999999', '1000000000000000', '2251799813685248', '2251799813685249'],
      ...['9223372036854775807', '9223372036854775808', '99999999999999999999', 'nan', 'inf'],
    ),
  },
);
const databaseOf = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom('0', '1', '15') },
  { weight: 1, arbitrary: fc.constantFrom('16', '-1', '01', '1.0', '1e0', '0x1', 'x', '', ' 1') },
);
const anyOf = fc.oneof(keyOf, ownerOf, timeOf);
/** A TTL of 0 is none; some of these are over when the script runs. */
const leaseOf = fc.record({
  db: fc.constantFrom(0, 0, 1),
  key: keyOf,
  value: ownerOf,
  ttl: fc.constantFrom(0, 1, 40, 60, 500, 90_000),
});
const stateOf: fc.Arbitrary<State> = fc.record({
  committed: fc.array(leaseOf, { maxLength: 5 }),
  executed: fc.array(leaseOf, { maxLength: 2 }),
  leaseGuardPercent: fc.constantFrom(0, 10),
  lagMs: fc.constantFrom(0, 0, 30),
  db: fc.constantFrom(0, 0, 1),
});

/** The ordinary calls of a script, by what its source reads. */
function ordinaryCallOf({ source }: SourcedScript): fc.Arbitrary<Call> {
  if (source.includes('KEYS[3]')) {
    return fc.tuple(keyOf, timeOf, ownerOf).map((keys) => ({ keys, argv: [] }));
  }
  const argvTypes: fc.Arbitrary<ByteString>[] = [];
  if (source.includes('SELECT')) argvTypes.push(databaseOf);
  argvTypes.push(ownerOf);
  if (source.includes(`ARGV[${argvTypes.length + 1}]`)) argvTypes.push(timeOf);
  const keyCounts = source.includes('ipairs')
    ? { minLength: 1, maxLength: 4 }
    : { minLength: 1, maxLength: 1 };
  return fc.record({ keys: fc.array(keyOf, keyCounts), argv: fc.tuple(...argvTypes) });
}

/** The same calls with something missing or something more. */
function callOf(script: SourcedScript): fc.Arbitrary<Call> {
  const ordinary = ordinaryCallOf(script);
  const odd = fc
    .tuple(ordinary, fc.constantFrom('key', 'argument'), fc.boolean(), anyOf)
    .map(([{ keys, argv }, which, more, extra]) => {
      const change = (list: readonly ByteString[]) => (more ? [...list, extra] : list.slice(0, -1));
      return which === 'key' ? { keys: change(keys), argv } : { keys, argv: change(argv) };
    });
  return fc.oneof({ weight: 7, arbitrary: ordinary }, { weight: 1, arbitrary: odd });
}

/** The state in which the caller holds every lock that it names. */
function heldBy({ source }: SourcedScript, { keys, argv }: Call, state: State): State {
  const selects = source.includes('SELECT');
  const value = source.includes('KEYS[3]') ? keys[2] : argv[selects ? 1 : 0];
  const index = Number(argv[0]);
  const selected = index >= 0 && index < limits.databaseCount ? index : 0;
  const db = selects ? selected : state.db;
  const leases = keys.map((key) => ({ db, key, value: value ?? '', ttl: 90_000 }));
  return { ...state, committed: [...state.committed, ...leases], executed: [] };
}

interface Counts {
  native: number;
  replies: Set<string>;
}

/** Compares the native script with the interpreted one, in what they answer and what they leave. */
function compare(script: SourcedScript, counts?: Counts): fc.RunDetails<[State, Call, boolean]> {
  const find = (): SourcedScript => ({
    ...script,
    run: (...args) => {
      const reply = script.run(...args);
      if (reply !== undefined && counts !== undefined) {
        counts.native += 1;
        counts.replies.add(JSON.stringify(reply));
      }
      return reply;
    },
  });
  const property = fc.property(stateOf, callOf(script), fc.boolean(), (some, call, held) => {
    const state = held ? heldBy(script, call, some) : some;
    const native = outcomeOf(script.source, state, call, { findKnown: find });
    const interpreted = outcomeOf(script.source, state, call, { findKnown: () => undefined });
    expect(native).toEqual(interpreted);
  });
  return fc.check(property, { seed, numRuns: runsPerScript });
}

describe('the table of known scripts', () => {
  test('holds the SHA-1 of a text that each package really has', () => {
    const missing = knownScripts.filter(({ sha1 }) => !texts.has(sha1));
    expect(missing.filter((script) => !isOfRedisPy(script)).map(({ name }) => name)).toEqual([]);
  });

  test.skipIf(!hasRedisPy)('holds those of redis-py 4.3.4, where Python has it', () => {
    expect(sourced.filter(isOfRedisPy)).toEqual(
      knownScripts.filter(isOfRedisPy).map((script) => expect.objectContaining(script)),
    );
  });

  test.each(sourced)('$name: is found by the SHA-1 of its text', ({ name, source }) => {
    expect(findKnownScript(sha1Of(source))?.name).toBe(name);
  });

  test('names every script once, and no other', () => {
    expect(new Set(knownScripts.map(({ sha1 }) => sha1)).size).toBe(knownScripts.length);
    expect(new Set(knownScripts.map(({ name }) => name)).size).toBe(knownScripts.length);
    expect(findKnownScript('e0e1f9fabfc9d4800c877a703b823ac0578ff8db')).toBeUndefined();
  });

  test.each([
    ['redlock 5.0.0-beta.2: release', 'e4612211c9f8f51c257e26e056b0a654b3187242'],
    ['one line: release', 'b70c2384248f88e6b75b9f89241a180f856ad852'],
  ])('%s has the SHA-1 that clients are seen to send', (name, sha1) => {
    expect(findKnownScript(sha1)?.name).toBe(name);
  });
});

describe('a known script', () => {
  test.each(sourced)('$name: does what the interpreter does', (script) => {
    const counts: Counts = { native: 0, replies: new Set() };
    const details = compare(script, counts);
    if (details.failed) throw new Error(fc.defaultReportMessage(details));
    expect(counts.native).toBeGreaterThan(runsPerScript / 4);
    expect(counts.replies.size).toBeGreaterThanOrEqual(2);
  });
});

const release = sourced.find(({ name }) => name === 'one line: release');
const extend = sourced.find(({ name }) => name === 'one line: extend');
const extendMany = sourced.find(({ name }) => name === 'redlock 5.0.0-beta.2: extend');

describe('the comparison', () => {
  const wrong: [string, SourcedScript | undefined, NativeScript][] = [
    [
      'frees a lock of another owner',
      release,
      (keyspace, db, keys, argv) =>
        compareAndDelete(keyspace, db, keys, [keyspace.find(db, keys[0] ?? '')?.value ?? '']) &&
        compareAndDelete(keyspace, db, keys, argv),
    ],
    [
      'counts the time from the end of the lease',
      extend,
      (keyspace, db, [key = ''], [owner, time]) => {
        const lease = keyspace.read(db, key);
        if (lease === undefined || lease.value !== owner) return { kind: 'integer', value: 0 };
        keyspace.moveEnd(lease, lease.expiresAtMs + Number(time));
        return { kind: 'integer', value: 1 };
      },
    ],
    [
      'mints a token for the owner who has one',
      extendMany,
      (keyspace, db, keys, [owner = '', time]) => {
        if (keys.some((key) => keyspace.read(db, key)?.value !== owner)) {
          return { kind: 'integer', value: 0 };
        }
        for (const key of keys) {
          keyspace.delete(db, key);
          keyspace.put(db, key, owner, keyspace.nowMs + Number(time));
        }
        return { kind: 'integer', value: keys.length };
      },
    ],
    [
      'answers the same and writes nothing',
      extend,
      (keyspace, db, [key = ''], [owner]) =>
        keyspace.read(db, key)?.value === owner
          ? { kind: 'integer', value: 1 }
          : { kind: 'integer', value: 0 },
    ],
    [
      'does not count what it reads',
      release,
      (keyspace, db, [key = ''], [owner]) => {
        if (keyspace.find(db, key)?.value !== owner) return { kind: 'integer', value: 0 };
        keyspace.delete(db, key);
        return { kind: 'integer', value: 1 };
      },
    ],
  ];

  test.each(wrong)('finds a native script that %s', (_what, script, run) => {
    if (script === undefined) throw new Error('the script is in the table');
    expect(compare({ ...script, run }).failed).toBe(true);
  });
});

describe('the interpreter runs a known script', () => {
  const state: State = {
    committed: [{ db: 0, key: 'a', value: 'owner', ttl: 1000 }],
    executed: [],
    leaseGuardPercent: 0,
    lagMs: 0,
    db: 0,
  };
  const source = release?.source ?? '';
  const call = { keys: ['a'], argv: ['owner'] };

  test('unless all is as usual: then the native version frees the lock', () => {
    expect(outcomeOf(source, state, call).reply).toEqual({ kind: 'integer', value: 1 });
  });

  test('which may only read, and tells that it wants to write', () => {
    const { reply, effects } = outcomeOf(source, state, { ...call, readOnly: true });
    expect(reply).toMatchObject({ kind: 'error' });
    expect(JSON.stringify(reply)).toContain('Write commands are not allowed from read-only');
    expect(effects).toEqual([]);
  });

  test('whose key belongs to another partition', () => {
    const { reply, effects } = outcomeOf(source, state, call, { owns: () => false });
    expect(JSON.stringify(reply)).toContain('CROSSSLOT');
    expect(effects).toEqual([]);
  });

  test('whose key or owner is longer than the server keeps', () => {
    const keys = ['k'.repeat(limits.keyBytesMax + 1)];
    const { reply } = outcomeOf(source, state, { keys, argv: ['owner'] });
    expect(JSON.stringify(reply)).toContain('ERR key is longer than');
    const acquire = sourced.find(({ name }) => name === 'redlock 5.0.0-beta.2: acquire');
    const argv = ['o'.repeat(limits.valueBytesMax + 1), '1000'];
    const refused = outcomeOf(acquire?.source ?? '', state, { keys: ['b'], argv });
    expect(JSON.stringify(refused.reply)).toContain('ERR string exceeds maximum allowed size');
    expect(refused.effects).toEqual([]);
  });
});
