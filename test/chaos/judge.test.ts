import { describe, expect, test } from 'vitest';
import { lateBetween } from '../../chaos/disturbance.ts';
import { Judge, partitionOfKey } from '../../chaos/judge.ts';
import { keysOfPartitions } from '../../chaos/recovery.ts';
import type { HistoryEvent, Operation } from '../../checker/history.ts';
import {
  dayMs,
  event,
  held,
  lock,
  no,
  read,
  release,
  set,
  unknown,
  yes,
} from '../checker/history-events.ts';

/*
 * Each check of the judge on a history that it must pass, and on one that it must not: the
 * negative controls without which a verdict says nothing.
 */

const partitionCount = 8;
function judged(...events: readonly HistoryEvent[]): string {
  const judge = new Judge(partitionCount);
  judge.addRound(events, lateBetween([]));
  return judge.violations.join('\n');
}

describe('a history that a correct cluster can produce passes', () => {
  test('grants, refusals, releases and reads in order', () => {
    const history = [
      event(0, lock('a'), yes(1)),
      event(100, set('b'), no),
      event(200, release('a'), yes()),
      event(300, set('b'), yes()),
      event(400, read, held('b', 2, dayMs - 95)),
    ];
    expect(judged(...history)).toBe('');
  });

  test('a request without a reply that takes effect long after its client gave up', () => {
    const history = [
      event(0, lock('a', dayMs), unknown),
      event(50, read, no),
      event(20_000, read, held('a', 1, dayMs - 100)),
    ];
    expect(judged(...history)).toBe('');
  });

  test('a refusal by a lease of an acquisition that was answered too late to know of it', () => {
    const slow = { operation: lock('a', 1_000), sentAtMs: 0, answeredAtMs: 3_000, outcome: no };
    const history = [
      slow,
      event(500, set('b'), no),
      event(1_500, set('c'), yes()),
      event(3_100, read, held('c', 2, dayMs - 1_600)),
    ];
    expect(judged(...history)).toBe('');
  });

  test('a lease that is late by as long as a fault lasted', () => {
    const judge = new Judge(partitionCount);
    const late = [event(0, lock('a', 1_000), yes(1)), event(9_000, read, held('a', 1, 500))];
    judge.addRound(late, lateBetween([{ fromMs: 500, toMs: 4_500 }]));
    expect(judge.violations).toEqual([]);
  });

  test('a late lease of an acquisition that was answered slowly', () => {
    const judge = new Judge(partitionCount);
    const slow = { operation: set('a'), sentAtMs: 0, answeredAtMs: 400, outcome: yes() };
    const late = [slow, event(20_000, read, held('a', 1, dayMs - 13_000))];
    judge.addRound(late, lateBetween([{ fromMs: 500, toMs: 4_500 }]));
    expect(judge.violations).toEqual([]);
  });

  test('the same token in two partitions', () => {
    const judge = new Judge(partitionCount);
    const [one = '', other = ''] = keysOfPartitions('lock', partitionCount);
    expect(partitionOfKey(one, partitionCount)).not.toBe(partitionOfKey(other, partitionCount));
    const grant = (name: string): HistoryEvent =>
      event(0, { kind: 'lock', key: name, owner: name, ttlMs: dayMs }, yes(1));
    judge.addRound([grant(one), grant(other)], () => 0);
    expect(judge.violations).toEqual([]);
  });
});

describe('the judge finds', () => {
  test('two holders at a time', () => {
    const found = judged(event(0, lock('a'), yes(1)), event(100, set('b'), yes()));
    expect(found).toContain('nothing explains');
  });

  test('a grant that got lost', () => {
    const found = judged(event(0, lock('a'), yes(1)), event(100, read, no));
    expect(found).toContain('nothing explains');
  });

  test('a release that got lost', () => {
    const found = judged(
      event(0, lock('a'), yes(1)),
      event(100, release('a'), yes()),
      event(200, read, held('a', 1, dayMs - 195)),
    );
    expect(found).toContain('nothing explains');
  });

  test('a refusal of a lock that nobody holds', () => {
    const found = judged(
      event(0, lock('a'), yes(1)),
      event(100, release('a'), yes()),
      event(200, set('b'), no),
    );
    expect(found).toContain('nothing explains');
  });

  test('a refusal by a lease of an acquisition that was refused at once', () => {
    const found = judged(
      event(0, lock('a', 1_000), no),
      event(500, set('b'), no),
      event(1_500, set('c'), yes()),
    );
    expect(found).toContain('nothing explains');
  });

  test('a token that is smaller than an earlier one of its lock', () => {
    const found = judged(
      event(0, lock('a'), yes(7)),
      event(100, release('a'), yes()),
      event(200, lock('b'), yes(5)),
    );
    expect(found).toContain('nothing explains');
  });

  test('a token that is given twice in a partition', () => {
    const judge = new Judge(1);
    const other: Operation = { kind: 'lock', key: 'other', owner: 'b', ttlMs: dayMs };
    judge.addRound([event(0, lock('a'), yes(1)), event(100, other, yes(1))], () => 0);
    expect(judge.violations.join()).toContain('token 1 was given to a of lock:1 and to b of other');
  });

  test('a lease that ended before its time', () => {
    const found = judged(event(0, lock('a', 5_000), yes(1)), event(4_000, set('b'), yes()));
    expect(found).toContain('nothing explains');
  });

  test('a lease whose shown end is before its time', () => {
    const found = judged(event(0, lock('a', 5_000), yes(1)), event(100, read, held('a', 1, 2_000)));
    expect(found).toContain('at a time that nobody asked for');
  });

  test('a lease that did not end', () => {
    const found = judged(event(0, lock('a', 1_000), yes(1)), event(9_000, read, held('a', 1, 0)));
    expect(found).toContain('at a time that nobody asked for');
  });

  test('a lease that lasts longer than the faults did', () => {
    const judge = new Judge(partitionCount);
    const late = [event(0, lock('a', 1_000), yes(1)), event(20_000, read, held('a', 1, 0))];
    judge.addRound(late, lateBetween([{ fromMs: 500, toMs: 4_500 }]));
    expect(judge.violations.join()).toContain('at a time that nobody asked for');
  });
});

describe('the density of tokens', () => {
  const last: Operation = { kind: 'lock', key: 'last', owner: 'last', ttlMs: dayMs };
  const history = [
    event(0, lock('a'), yes(1)),
    event(100, release('a'), yes()),
    event(200, set('b'), yes()),
    event(300, release('b'), yes()),
    event(400, lock('c'), unknown),
  ];

  function lastToken(token: number): string {
    const judge = new Judge(1);
    judge.addRound(history, () => 0);
    judge.addLastGrants([event(1_000, last, yes(token))]);
    return judge.violations.join('\n');
  }

  test('leaves room for the requests whose outcome nobody knows', () => {
    expect(lastToken(3)).toBe('');
    expect(lastToken(4)).toBe('');
  });

  test('finds tokens that were left out', () => {
    expect(lastToken(5)).toContain('tokens were left out');
  });

  test('finds tokens that were given again', () => {
    expect(lastToken(2)).toContain('tokens were given again');
  });

  test('finds a last grant that is refused', () => {
    const judge = new Judge(1);
    judge.addLastGrants([event(0, last, no)]);
    expect(judge.violations.join()).toContain('refused its last grant');
  });
});
