import { expect, test } from 'vitest';
import { AssertionError } from '../../src/base/assert.ts';
import { Prng } from '../../src/base/prng.ts';
import { emptyOutput } from '../../src/raft/output.ts';
import { Raft } from '../../src/raft/raft.ts';
import type { RaftOptions } from '../../src/raft/replica.ts';
import { indexOf, NOBODY, replicaIdOf, termOf } from '../../src/raft/types.ts';
import { Driver, entryOf } from './replica-driver.ts';

const payload = Buffer.from('x');

test('a group of one leads once its vote is on disk, and is ready once its no-op is', () => {
  const driver = new Driver({ voters: [1] });
  driver.raft.campaign();
  expect(driver.raft.takeOutput()).toEqual({
    ...emptyOutput,
    hardState: { term: 1, votedFor: 1 },
  });
  expect(driver.raft.role).toBe('candidate');
  driver.raft.saved({ term: termOf(1), votedFor: replicaIdOf(1) });
  expect(driver.raft.role).toBe('leader');
  expect(driver.raft.takeOutput().entries).toMatchObject([{ index: 1, kind: 'noop' }]);
  expect(driver.raft.leaderReady).toBe(false);
  driver.raft.appended(indexOf(1), termOf(1));
  expect(driver.raft.leaderReady).toBe(true);
  expect(driver.raft.takeOutput().committed).toMatchObject([{ index: 1, kind: 'noop' }]);
});

test('a group of one also leads by its timeout', () => {
  const driver = new Driver({ voters: [1] }).tick(20).sync();
  expect(driver.raft.role).toBe('leader');
});

test('a group of one commits in the order of its turns, after each fsync (B11)', () => {
  const driver = new Driver({ voters: [1] }).elect([]).sync();
  const first = driver.raft.propose('effects', payload, 5);
  driver.raft.takeOutput();
  const second = driver.raft.propose('effects', payload, 6);
  expect(driver.raft.takeOutput().committed).toEqual([]);
  driver.raft.appended(indexOf(2), termOf(1));
  expect(driver.raft.takeOutput().committed.map(({ index }) => index)).toEqual([first]);
  driver.raft.appended(indexOf(3), termOf(1));
  expect(driver.raft.takeOutput().committed.map(({ index }) => index)).toEqual([second]);
});

test('a restarted group of one hands out what came after its checkpoint', () => {
  const driver = new Driver({ voters: [1], log: [1, 1, 2, 2], compacted: 2 }).elect([]).sync();
  expect(driver.committed.map(({ index, term }) => [index, term])).toEqual([
    [3, 2],
    [4, 2],
    [5, 3],
  ]);
});

test('with nothing to say the output is always the same one', () => {
  const driver = new Driver({ voters: [1] }).elect([]).sync();
  expect(driver.raft.hasOutput).toBe(false);
  expect(driver.raft.takeOutput()).toBe(emptyOutput);
});

test('compaction forgets entries and keeps the term of the last one', () => {
  const driver = new Driver({ voters: [1] }).elect([]).sync();
  for (let at = 0; at < 5; at += 1) driver.raft.propose('effects', payload, at);
  driver.sync();
  driver.raft.compact(indexOf(6));
  driver.raft.compact(indexOf(2));
  expect([driver.raft.lastIndex, driver.raft.lastTerm]).toEqual([6, 1]);
  expect(driver.raft.propose('effects', payload, 9)).toBe(7);
  expect(driver.sync().committed.at(-1)?.index).toBe(7);
});

test('what was not handed out is not forgotten', () => {
  const driver = new Driver({ voters: [1] }).elect([]).sync();
  driver.raft.propose('effects', payload, 1);
  expect(() => driver.raft.compact(indexOf(2))).toThrow(/handed out/);
});

test.each([
  { name: 'a gap', entries: [entryOf(1, 1), entryOf(3, 1)], term: 1, message: /gap/ },
  { name: 'a falling term', entries: [entryOf(1, 2), entryOf(2, 1)], term: 2, message: /terms/ },
  {
    name: 'a falling time',
    entries: [entryOf(1, 1), { ...entryOf(2, 1), timeMs: 0 }],
    term: 1,
    message: /time/,
  },
  { name: 'an entry newer than the term', entries: [entryOf(1, 2)], term: 1, message: /newer/ },
])('a recovered log with $name is refused', ({ entries, term, message }) => {
  expect(() => new Raft({ ...optionsOf(term), entries })).toThrow(message);
  expect(() => new Raft(optionsOf(term))).not.toThrow();
});

test('a configuration without voters, or with a replica twice, is refused', () => {
  const one = [replicaIdOf(1)];
  for (const configuration of [
    { voters: one, outgoing: [], learners: one },
    { voters: [...one, ...one], outgoing: [], learners: [] },
    { voters: [], outgoing: [], learners: one },
    { voters: [], outgoing: one, learners: [] },
  ]) {
    expect(() => new Raft({ ...optionsOf(1), configuration })).toThrow(AssertionError);
  }
});

test('the same inputs give the same outputs', () => {
  const run = (): string => {
    const driver = new Driver({ seed: 7 }).tick(30).sync();
    driver.append({ term: 3, terms: [1, 3], commit: 1 }).sync();
    driver.tick(40).sync();
    return JSON.stringify([driver.messages, driver.entries, driver.hardStates, driver.committed]);
  };
  expect(run()).toBe(run());
});

test('progress shows every other replica in rising order', () => {
  const driver = new Driver({ self: 2, voters: [1, 2, 3], learners: [4] }).elect([1, 3]).sync();
  driver.accept(3, 1, 2);
  expect(driver.raft.progress()).toMatchObject([
    { id: 1, isLearner: false, state: 'probe', matchIndex: 0, isActive: false },
    { id: 3, isLearner: false, state: 'replicate', matchIndex: 1, isActive: true },
    { id: 4, isLearner: true, state: 'probe', matchIndex: 0, isActive: false },
  ]);
  driver.step(1, { kind: 'stale-term', term: termOf(3) });
  expect(driver.raft.progress()).toEqual([]);
});

function optionsOf(term: number): RaftOptions {
  return {
    self: replicaIdOf(1),
    configuration: { voters: [replicaIdOf(1)], outgoing: [], learners: [] },
    hardState: { term: termOf(term), votedFor: NOBODY },
    snapshot: { index: indexOf(0), term: termOf(0), timeMs: 0 },
    entries: [],
    electionTimeoutTicks: 10,
    heartbeatTicks: 1,
    prng: new Prng(1),
  };
}
