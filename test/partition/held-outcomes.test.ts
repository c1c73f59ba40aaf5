import { expect, test } from 'vitest';
import { HeldOutcomes } from '../../src/partition/held-outcomes.ts';
import { Outcome } from '../../src/partition/outcome.ts';
import { integer } from '../../src/resp/reply.ts';

/** A turn with one read that saw the log up to index 5. */
function readIn(held: HeldOutcomes, readId: number, sinceMs = 0): Outcome {
  const outcome = new Outcome(integer(readId), 1);
  held.add(outcome);
  held.seal({ index: 5, readId, sinceMs });
  return outcome;
}

test('all turns that share a read round are released by it, those of later rounds are not', () => {
  const held = new HeldOutcomes();
  const outcomes = [readIn(held, 1), readIn(held, 1), readIn(held, 2), readIn(held, 3)];
  held.confirmRead(1);
  held.confirmRead(2);
  held.release(4);
  expect(outcomes.map(({ ready }) => ready)).toEqual([false, false, false, false]);
  held.release(5);
  expect(outcomes.map(({ ready }) => ready)).toEqual([true, true, true, false]);
});

test('a round that is confirmed after its reads were given up releases nothing else', () => {
  const held = new HeldOutcomes();
  const late = readIn(held, 1, 0);
  const waiting = readIn(held, 2, 100);
  held.loseOld(50, 'nobody answered in time');
  held.confirmRead(1);
  held.release(5);
  expect(late.reply).toMatchObject({ kind: 'error' });
  expect(waiting.ready).toBe(false);
  held.confirmRead(2);
  held.release(5);
  expect(waiting.ready).toBe(true);
});
