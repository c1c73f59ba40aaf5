import { expect, test } from 'vitest';
import { Durability } from '../../src/raft/durability.ts';
import { HardStateRecord } from '../../src/raft/hard-state.ts';
import { indexOf, NOBODY, replicaIdOf, termOf } from '../../src/raft/types.ts';

function take(durability: Durability, lastIndex: number, lastTerm: number): void {
  durability.take(indexOf(lastIndex), termOf(lastTerm));
}

function acknowledge(durability: Durability, index: number, term: number): boolean {
  return durability.acknowledge(indexOf(index), termOf(term));
}

test('what was recovered is durable, what is handed out is not', () => {
  const durability = new Durability(indexOf(3));
  take(durability, 5, 1);
  expect(durability.durableIndex).toBe(3);
  expect(acknowledge(durability, 5, 1)).toBe(true);
  expect(durability.durableIndex).toBe(5);
});

test('an acknowledgement stands for the writes before it', () => {
  const durability = new Durability(indexOf(0));
  take(durability, 2, 1);
  take(durability, 4, 1);
  expect(acknowledge(durability, 4, 1)).toBe(true);
  expect(acknowledge(durability, 2, 1)).toBe(false);
  expect(durability.durableIndex).toBe(4);
});

test('an acknowledgement that names another term is ignored (B12)', () => {
  const durability = new Durability(indexOf(0));
  take(durability, 2, 1);
  expect(acknowledge(durability, 2, 2)).toBe(false);
  expect(acknowledge(durability, 1, 1)).toBe(false);
  expect(durability.durableIndex).toBe(0);
});

test('a write that was overwritten proves what is left of it (B12)', () => {
  const durability = new Durability(indexOf(0));
  take(durability, 4, 1);
  durability.cutFrom(indexOf(3));
  take(durability, 3, 2);
  expect(acknowledge(durability, 4, 1)).toBe(true);
  expect(durability.durableIndex).toBe(2);
  expect(acknowledge(durability, 3, 2)).toBe(true);
  expect(durability.durableIndex).toBe(3);
});

test('an entry that was cut and came back is durable with its second write only (B12)', () => {
  const durability = new Durability(indexOf(1));
  take(durability, 2, 1);
  durability.cutFrom(indexOf(2));
  take(durability, 2, 2);
  durability.cutFrom(indexOf(2));
  take(durability, 2, 1);
  acknowledge(durability, 2, 1);
  expect(durability.durableIndex).toBe(1);
  acknowledge(durability, 2, 2);
  expect(durability.durableIndex).toBe(1);
  acknowledge(durability, 2, 1);
  expect(durability.durableIndex).toBe(2);
});

test('a cut takes back what was durable', () => {
  const durability = new Durability(indexOf(5));
  durability.cutFrom(indexOf(4));
  expect(durability.durableIndex).toBe(3);
  expect(durability.firstUntaken).toBe(4);
});

test('a hard state moves forward only', () => {
  const record = new HardStateRecord({ term: termOf(3), votedFor: NOBODY });
  expect(() => record.enterTerm(termOf(3))).toThrow(/higher/);
  record.voteFor(replicaIdOf(2));
  expect(() => record.voteFor(replicaIdOf(3))).toThrow(/once a term/);
});

test('a hard state is durable when the disk has exactly it', () => {
  const record = new HardStateRecord({ term: termOf(3), votedFor: NOBODY });
  record.enterTerm(termOf(4));
  const first = record.take();
  record.voteFor(replicaIdOf(2));
  expect(first === undefined || record.acknowledge(first)).toBe(false);
  expect(record.isDurable).toBe(false);
  const second = record.take();
  expect(second !== undefined && record.acknowledge(second)).toBe(true);
  expect(record.take()).toBeUndefined();
});
