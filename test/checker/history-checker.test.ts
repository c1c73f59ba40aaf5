import { describe, expect, test } from 'vitest';
import type { HistoryEvent, Operation } from '../../checker/history.ts';
import { HistoryChecker } from '../../checker/history-checker.ts';
import {
  dayMs,
  event,
  extend,
  held,
  lock,
  no,
  read,
  release,
  set,
  unknown,
  yes,
} from './history-events.ts';

/** Judges segments between which the server was killed and started again. */
function judge(...segments: readonly (readonly HistoryEvent[])[]): readonly string[] {
  const checker = new HistoryChecker();
  for (const events of segments) checker.addSegment(events, 1_000);
  return checker.violations;
}

describe('a history that a correct server can produce passes', () => {
  test('a grant, a refusal, a release, another grant', () => {
    const history = [
      event(0, lock('a'), yes(1)),
      event(100, set('b'), no),
      event(200, release('a'), yes()),
      event(300, set('b'), yes()),
      event(400, read, held('b', 2, dayMs - 95)),
    ];
    expect(judge(history)).toEqual([]);
  });

  test('the same owner again, by KLOCK', () => {
    const history = [event(0, lock('a'), yes(1)), event(100, lock('a'), yes(1))];
    expect(judge(history)).toEqual([]);
  });

  test.each([
    ['took effect', held('a', 1)],
    ['did not take effect', no],
  ])('an operation without a reply that %s', (_, seen) => {
    expect(judge([event(0, set('a'), unknown)], [event(100, read, seen)])).toEqual([]);
  });

  test('a release without a reply, then the next owner', () => {
    const before = [event(0, lock('a'), yes(1)), event(100, release('a'), unknown)];
    expect(judge(before, [event(200, set('b'), yes())])).toEqual([]);
  });

  test('operations at once, in either order', () => {
    const first: HistoryEvent = { ...event(0, lock('a'), yes(2)), answeredAtMs: 500 };
    const second: HistoryEvent = { ...event(10, lock('b'), yes(1)), answeredAtMs: 490 };
    const between: HistoryEvent = { ...event(20, release('b'), yes()), answeredAtMs: 480 };
    expect(judge([first, second, between])).toEqual([]);
  });

  test('a lease that ended by its time, or lasts a little longer', () => {
    const ended = [event(0, lock('a', 50), yes(1)), event(51, lock('b'), yes(2))];
    const late = [event(0, lock('a', 50), yes(1)), event(90, lock('b'), no)];
    expect(judge(ended)).toEqual([]);
    expect(judge(late)).toEqual([]);
  });

  test('a time that stood still while the server was down', () => {
    const after = [event(900, read, held('a', 1, dayMs))];
    expect(judge([event(0, lock('a'), yes(1))], after)).toEqual([]);
  });
});

describe('a history of a broken server is flagged', () => {
  test('a lost grant', () => {
    expect(judge([event(0, lock('a'), yes(1))], [event(100, read, no)])).toHaveLength(1);
    expect(judge([event(0, set('a'), yes())], [event(100, read, no)])).toHaveLength(1);
  });

  test('a lost grant that only the next owner shows', () => {
    expect(judge([event(0, lock('a'), yes(1))], [event(100, set('b'), yes())])).toHaveLength(1);
  });

  test('a lost extension', () => {
    const before = [event(0, lock('a', 60_000), yes(1)), event(50, extend('a', dayMs), yes(1))];
    expect(judge(before, [event(100, read, held('a', 1, 60_000))])).toHaveLength(1);
  });

  test('a lost shortening', () => {
    const before = [event(0, lock('a'), yes(1)), event(50, extend('a', 60_000), yes(1))];
    expect(judge(before, [event(100, read, held('a', 1, dayMs))])).toHaveLength(1);
  });

  test('a lost release', () => {
    const before = [event(0, lock('a'), yes(1)), event(50, release('a'), yes())];
    expect(judge(before, [event(100, read, held('a', 1))])).toHaveLength(1);
  });

  test('two owners at once', () => {
    const history = [event(0, set('a'), yes()), event(100, set('b'), yes())];
    expect(judge(history)).toHaveLength(1);
  });

  test('a lease that ended early', () => {
    const history = [event(0, lock('a', 5_000), yes(1)), event(4_980, lock('b'), yes(2))];
    expect(judge(history)).toHaveLength(1);
  });

  test('a refusal of a free lock', () => {
    expect(judge([event(0, set('a'), no)])).toHaveLength(1);
  });

  test('a release by somebody else', () => {
    const history = [event(0, lock('a'), yes(1)), event(50, release('b'), yes())];
    expect(judge(history)).toHaveLength(1);
  });

  test('a token that changed under its owner', () => {
    const history = [event(0, lock('a'), yes(1)), event(50, extend('a', dayMs), yes(2))];
    expect(judge(history)).not.toEqual([]);
  });

  test('a token that fell after a restart', () => {
    const before = [event(0, lock('a'), yes(5)), event(50, release('a'), yes())];
    expect(judge(before, [event(100, lock('b'), yes(4))])).not.toEqual([]);
  });

  test('a token that fell unseen, between grants that showed none', () => {
    const before = [
      event(0, set('a'), yes()),
      event(50, release('a'), yes()),
      event(100, set('b'), yes()),
    ];
    expect(judge(before, [event(200, read, held('b', 1, dayMs - 90))])).not.toEqual([]);
  });

  test('one token for two locks', () => {
    const other: Operation = { kind: 'lock', key: 'lock:2', owner: 'b', ttlMs: dayMs };
    const history = [event(0, lock('a'), yes(1)), event(100, other, yes(1))];
    expect(judge(history).join()).toContain('token 1 was given to');
  });

  test('a lower token for another lock', () => {
    const other: Operation = { kind: 'lock', key: 'lock:2', owner: 'b', ttlMs: dayMs };
    const history = [event(0, lock('a'), yes(7)), event(100, other, yes(6))];
    expect(judge(history)).toEqual(['token 6 was given when 7 was known']);
  });
});
