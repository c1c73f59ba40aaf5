import { describe, expect, test } from 'vitest';
import { LeaseBook } from '../../sim/lease-book.ts';
import type { Operation, Spelling } from '../../sim/operation.ts';
import { requestOf } from '../../sim/operation.ts';
import { ReplyJudge } from '../../sim/reply-judge.ts';
import { Scheduler } from '../../sim/scheduler.ts';
import { TrustBook } from '../../sim/trust-book.ts';
import type { Effect } from '../../src/keyspace/effect.ts';
import { leaseOf, tokenOf } from '../../src/keyspace/lease.ts';
import { indexOf, termOf } from '../../src/raft/types.ts';
import { bulk, integer, NULL, OK, type Reply } from '../../src/resp/reply.ts';

const ttlMs = 1_000;

/** Committed entries of one partition, each at a time of its own. */
class History {
  readonly scheduler = new Scheduler();
  readonly book = new LeaseBook(this.scheduler, 1);
  #index = 0;

  commit(atMs: number, effect: Effect, timeMs = atMs): void {
    while (this.scheduler.step(atMs * 1_000));
    this.#index += 1;
    const entry = {
      index: indexOf(this.#index),
      term: termOf(1),
      timeMs,
      kind: 'effects',
      payload: Buffer.alloc(0),
    } as const;
    this.book.committed(1, entry, { effects: [effect], appendedAtMicros: atMs * 1_000 });
  }

  judge(
    operation: Operation,
    reply: Reply,
    fromMs: number,
    untilMs: number,
    spelling: Spelling = 'own',
  ): void {
    const request = requestOf(operation, spelling, { sha1Hex: () => '' });
    const span = { arrivedAtMicros: fromMs * 1_000, answeredAtMicros: untilMs * 1_000 };
    new ReplyJudge(this.book).judge(request, reply, span);
  }
}

function put(owner: string, token: number, atMs: number): Effect {
  const expiresAtMs = atMs + ttlMs;
  const says = { db: 0, key: 'a', value: owner, token: tokenOf(token), requestId: '' };
  return {
    kind: 'put',
    minted: true,
    lease: leaseOf({ ...says, expiresAtMs, endsAtMs: expiresAtMs }),
  };
}

const expire = (token: number): Effect => ({
  kind: 'expire',
  db: 0,
  key: 'a',
  token: tokenOf(token),
});
const release: Effect = { kind: 'delete', db: 0, key: 'a' };

describe('the book of leases', () => {
  test('takes a history in which every lease follows the end of the one before', () => {
    const history = new History();
    history.commit(0, put('x', 1, 0));
    history.commit(1_000, expire(1));
    history.commit(1_500, put('y', 2, 1_500));
    history.commit(1_600, release);
    expect(history.book.grantCount).toBe(2);
  });

  test.each<[string, (history: History) => void]>([
    ['never two holders', (history) => history.commit(500, put('y', 2, 500))],
    ['no lease ends early:', (history) => history.commit(500, expire(1))],
    ['early in real time', (history) => history.commit(500, expire(1), 1_000)],
    ['log time does not fall', (history) => history.commit(500, release, -1)],
  ])('finds what breaks "%s"', (invariant, next) => {
    const history = new History();
    history.commit(0, put('x', 1, 0));
    expect(() => next(history)).toThrow(invariant);
  });

  test.each([1, 3])('finds that token %i does not follow 1', (token) => {
    const history = new History();
    history.commit(0, put('x', 1, 0));
    history.commit(100, release);
    expect(() => history.commit(200, put('y', token, 200))).toThrow('tokens are dense');
  });
});

describe('the judge of replies', () => {
  const read: Operation = { kind: 'read', key: 'a' };
  const acquire: Operation = { kind: 'acquire', key: 'a', owner: 'y', ttlMs };

  function heldUntil500(): History {
    const history = new History();
    history.commit(100, put('x', 1, 100));
    history.commit(500, release);
    return history;
  }

  test('takes every reply that some moment of its span explains', () => {
    const history = heldUntil500();
    history.judge(read, bulk('x'), 300, 400, 'redis');
    history.judge(read, NULL, 300, 600, 'redis');
    history.judge(read, bulk('x'), 450, 600, 'redis');
    history.judge(acquire, NULL, 300, 600);
  });

  test.each<[string, Operation, Reply, number, number, Spelling]>([
    ['a stale read', read, bulk('x'), 600, 700, 'redis'],
    ['a read of what is not committed', read, bulk('x'), 10, 50, 'redis'],
    ['a read that misses a lease', read, NULL, 200, 300, 'redis'],
    ['a read of another key', read, bulk('z'), 200, 300, 'redis'],
    ['less time than is left', read, integer(300), 150, 200, 'script'],
    ['a refusal of a free lock', acquire, NULL, 600, 700, 'own'],
    ['a grant that is not committed', acquire, OK, 600, 700, 'redis'],
    ['the token of another', { ...acquire, owner: 'x' }, integer(7), 90, 200, 'own'],
    [
      'a release that did not happen',
      { ...read, kind: 'release', owner: 'x' },
      integer(1),
      200,
      300,
      'own',
    ],
    ['the reply of another request', acquire, integer(5), 600, 700, 'redis'],
    ['an error that nobody documents', read, { kind: 'error', text: 'ERR no' }, 1, 2, 'own'],
  ])('finds %s', (_, operation, reply, fromMs, untilMs, spelling) => {
    const history = heldUntil500();
    expect(() => history.judge(operation, reply, fromMs, untilMs, spelling)).toThrow();
  });
});

describe('the book of trust', () => {
  const acquire = (owner: string): Operation => ({ kind: 'acquire', key: 'a', owner, ttlMs });

  test('finds two clients that trust in one lock', () => {
    const trust = new TrustBook(new Scheduler());
    trust.done(acquire('x'), 0);
    expect(() => trust.done(acquire('y'), 0)).toThrow('never two clients');
  });

  test('trusts nobody who has sent a release, or whose time is over', () => {
    const scheduler = new Scheduler();
    const trust = new TrustBook(scheduler);
    trust.done(acquire('x'), 0);
    trust.sent({ kind: 'release', key: 'a', owner: 'x' }, 10);
    trust.done(acquire('y'), 0);
    while (scheduler.step(900_000));
    trust.done(acquire('z'), 900_000);
  });

  test('finds a grant after a refusal', () => {
    const trust = new TrustBook(new Scheduler());
    trust.refused('x');
    expect(() => trust.granted('x')).toThrow('what was refused is never granted');
  });
});
