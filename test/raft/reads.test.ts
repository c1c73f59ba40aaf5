import { expect, test } from 'vitest';
import { limits } from '../../src/base/limits.ts';
import { termOf } from '../../src/raft/types.ts';
import { Driver } from './replica-driver.ts';

function readyLeader(options = {}): Driver {
  const driver = new Driver(options).elect().sync().accept(2, 1, 1).sync();
  driver.messages = [];
  return driver;
}

function reply(driver: Driver, from: number, readId: number): Driver {
  const { term } = driver.raft;
  return driver.step(from, { kind: 'heartbeat-reply', term, readId }).take();
}

test('only a leader with a committed entry of its own term takes reads (thesis 6.4, 1, B5)', () => {
  const driver = new Driver({ log: [1, 1] });
  expect(driver.raft.readIndex()).toBeUndefined();
  driver.elect().sync();
  expect(driver.raft.leaderReady).toBe(false);
  expect(driver.raft.readIndex()).toBeUndefined();
  driver.accept(2, 3, 1);
  expect(driver.raft.leaderReady).toBe(true);
  expect(driver.raft.readIndex()).toBeTypeOf('number');
});

test('a majority that answers confirms a read at the commit index (thesis 6.4, 2 and 3)', () => {
  const driver = readyLeader();
  const id = driver.raft.readIndex();
  driver.take();
  expect(driver.sent('heartbeat').map(({ to, readId }) => [to, readId])).toEqual([
    [2, id],
    [3, id],
  ]);
  expect(driver.reads).toEqual([]);
  reply(driver, 3, id ?? 0);
  expect(driver.reads).toEqual([{ id, index: 1 }]);
});

test('all reads of a turn share one round', () => {
  const driver = readyLeader();
  const ids = [driver.raft.readIndex(), driver.raft.readIndex(), driver.raft.readIndex()];
  driver.take();
  expect(new Set(ids).size).toBe(1);
  expect(driver.sent('heartbeat')).toHaveLength(2);
});

test('an answer to an earlier heartbeat confirms no later read (B7)', () => {
  const driver = readyLeader();
  const first = driver.raft.readIndex() ?? 0;
  driver.take();
  const second = driver.raft.readIndex() ?? 0;
  driver.take();
  expect(second).toBeGreaterThan(first);
  reply(driver, 2, 0);
  expect(driver.reads).toEqual([]);
  reply(driver, 2, first);
  expect(driver.reads.map(({ id }) => id)).toEqual([first]);
  reply(driver, 2, first);
  expect(driver.reads).toHaveLength(1);
  reply(driver, 2, second);
  expect(driver.reads.map(({ id }) => id)).toEqual([first, second]);
});

test('an answer to a later round confirms the earlier ones too', () => {
  const driver = readyLeader();
  const first = driver.raft.readIndex();
  driver.take();
  const second = driver.raft.readIndex();
  driver.take();
  reply(driver, 3, second ?? 0);
  expect(driver.reads.map(({ id }) => id)).toEqual([first, second]);
});

test('later heartbeats name the round, so that a lost one does not hold it up', () => {
  const driver = readyLeader();
  const id = driver.raft.readIndex();
  driver.take();
  driver.messages = [];
  driver.tick(2).take();
  expect(driver.sent('heartbeat').map(({ readId }) => readId)).toEqual([id, id]);
});

test('two of five answers are not enough, and a learner does not answer for a voter (B18)', () => {
  const driver = new Driver({ voters: [1, 2, 3, 4, 5], learners: [6] }).elect([2, 3]).sync();
  driver.accept(2, 1, 1).accept(3, 1, 2).take();
  const id = driver.raft.readIndex() ?? 0;
  driver.messages = [];
  driver.take();
  expect(driver.sent('heartbeat').map(({ to }) => to)).toEqual([2, 3, 4, 5]);
  reply(reply(reply(driver, 2, id), 6, id), 2, id);
  expect(driver.reads).toEqual([]);
  reply(driver, 5, id);
  expect(driver.reads).toHaveLength(1);
});

test('a leader that is deposed gives up its reads, started or not', () => {
  const driver = readyLeader();
  const first = driver.raft.readIndex();
  driver.take();
  const second = driver.raft.readIndex();
  driver.step(2, { kind: 'stale-term', term: termOf(9) }).take();
  expect(driver.lostReads).toEqual([first, second]);
  expect(driver.reads).toEqual([]);
});

test('ids are not used again when a replica leads again (B7)', () => {
  const driver = readyLeader();
  const before = driver.raft.readIndex() ?? 0;
  driver.step(2, { kind: 'stale-term', term: termOf(9) }).sync();
  driver.elect().sync().accept(2, driver.raft.lastIndex, 3).take();
  expect(driver.raft.readIndex()).toBeGreaterThan(before);
});

test('an answer of an earlier term confirms nothing', () => {
  const driver = readyLeader();
  driver.step(2, { kind: 'stale-term', term: termOf(9) }).sync();
  driver.elect().sync().accept(2, driver.raft.lastIndex, 3).take();
  const id = driver.raft.readIndex() ?? 0;
  driver
    .take()
    .step(2, { kind: 'heartbeat-reply', term: termOf(1), readId: id })
    .take();
  expect(driver.reads).toEqual([]);
});

test('a group of one confirms a read in the same output', () => {
  const driver = new Driver({ voters: [1] }).elect([]).sync();
  const id = driver.raft.readIndex();
  expect(driver.raft.takeOutput().reads).toEqual([{ id, index: 1 }]);
});

test('rounds that wait are bounded: further reads share the next one', () => {
  const driver = readyLeader();
  for (let round = 0; round < limits.readRoundsInFlightMax; round += 1) {
    driver.raft.readIndex();
    driver.take();
  }
  const waiting = driver.raft.readIndex();
  driver.take();
  expect(driver.raft.readIndex()).toBe(waiting);
  expect(driver.raft.hasOutput).toBe(false);
  driver.messages = [];
  reply(driver, 2, (waiting ?? 0) - 1);
  expect(driver.reads).toHaveLength(limits.readRoundsInFlightMax);
  expect(driver.sent('heartbeat').map(({ readId }) => readId)).toEqual([waiting, waiting]);
});
