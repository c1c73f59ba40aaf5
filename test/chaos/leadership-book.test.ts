import { expect, test } from 'vitest';
import { LeadershipBook } from '../../chaos/leadership-book.ts';
import type { ReplicaInfo } from '../../harness/raft-info.ts';

function leading(partition: number, term: number): ReplicaInfo {
  return { partition, leader: 0, role: 'leader', term, commit: 0, applied: 0 };
}

test('a move of leadership is counted once, whoever tells it and however often', () => {
  const book = new LeadershipBook();
  book.note(1, [leading(1, 1), leading(2, 1)]);
  book.note(2, [leading(1, 2)]);
  book.note(2, [leading(1, 2)]);
  // The old leader does not know yet.
  book.note(1, [leading(1, 1)]);
  expect(book.moves).toBe(1);
  expect([...book.leaders]).toEqual([
    [1, 2],
    [2, 1],
  ]);
  expect(book.violations).toEqual([]);
});

test('the same leader in a later term has not moved', () => {
  const book = new LeadershipBook();
  book.note(1, [leading(1, 1)]);
  book.note(1, [leading(1, 2)]);
  expect(book.moves).toBe(0);
});

test('two leaders of one term are found (thesis 3.2)', () => {
  const book = new LeadershipBook();
  book.note(1, [leading(4, 9)]);
  book.note(3, [leading(4, 9)]);
  expect(book.violations).toEqual(['partition 4: 1 and 3 led term 9']);
});
