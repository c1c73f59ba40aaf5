import { expect, test } from 'vitest';
import { indexOf, replicaIdOf, termOf } from '../../src/raft/types.ts';
import { Driver, type DriverOptions } from './replica-driver.ts';

const payload = Buffer.from('x');

function readyLeader(options: DriverOptions = {}): Driver {
  const driver = new Driver(options).elect().sync().accept(2, 1, 1).accept(3, 1, 2).sync();
  driver.messages = [];
  return driver;
}

function transfer(driver: Driver, to: number): boolean {
  return driver.raft.transferLeadership(replicaIdOf(to));
}

test('a follower that has the whole log is asked to take over at once (thesis 3.10)', () => {
  const driver = readyLeader();
  expect(transfer(driver, 3)).toBe(true);
  expect(driver.raft.transferring).toBe(true);
  expect(driver.take().sent('timeout-now')).toEqual([{ kind: 'timeout-now', to: 3, term: 1 }]);
});

test('a follower that lacks entries catches up first (thesis 3.10)', () => {
  const driver = readyLeader();
  driver.raft.propose('effects', payload, 0);
  transfer(driver, 3);
  expect(driver.sync().sent('timeout-now')).toEqual([]);
  driver.accept(3, 2, 2);
  expect(driver.take().sent('timeout-now')).toMatchObject([{ to: 3 }]);
});

test('a leader that hands over takes no proposals and no changes, but reads (thesis 3.10)', () => {
  const driver = readyLeader();
  transfer(driver, 2);
  expect(driver.raft.propose('effects', payload, 0)).toBeUndefined();
  const target = { voters: [replicaIdOf(1)], learners: [] };
  expect(driver.raft.proposeConfiguration(target, 0)).toBeUndefined();
  expect(driver.raft.readIndex()).toBe(1);
});

test('a transfer ends after an election timeout, and the leader goes on (thesis 3.10)', () => {
  const driver = readyLeader();
  const heard = { kind: 'heartbeat-reply', term: termOf(1), readId: 0 } as const;
  transfer(driver, 3);
  driver.tick(9).step(2, heard);
  expect(driver.raft.transferring).toBe(true);
  driver.tick(1);
  expect(driver.raft.transferring).toBe(false);
  expect(driver.raft.propose('effects', payload, 0)).toBe(2);
});

test('only a leader hands over, and only to another voter', () => {
  const driver = readyLeader({ learners: [4] });
  expect([1, 4, 9].map((id) => transfer(driver, id))).toEqual([false, false, false]);
  expect(driver.raft.transferring).toBe(false);
  expect(transfer(new Driver(), 2)).toBe(false);
});

test('a request for another target replaces the first; for the same one it changes nothing', () => {
  const driver = readyLeader();
  transfer(driver, 3);
  driver.tick(5);
  transfer(driver, 2);
  driver.take().messages = [];
  driver.tick(5);
  expect(driver.raft.transferring).toBe(true);
  expect(
    driver
      .take()
      .sent('timeout-now')
      .every(({ to }) => to === 2),
  ).toBe(true);
  transfer(driver, 2);
  driver.step(2, { kind: 'heartbeat-reply', term: termOf(1), readId: 0 }).tick(5);
  expect(driver.raft.transferring).toBe(false);
});

test('the target stands for election without a pre-vote, and says why (thesis 3.10)', () => {
  const driver = new Driver({ log: [1] }).append({ term: 1, previous: [1, 1] }).sync();
  driver.messages = [];
  driver.step(2, { kind: 'timeout-now', term: termOf(1) });
  expect(driver.raft.role).toBe('candidate');
  expect(driver.sync().sent('request-vote')).toMatchObject([
    { to: 2, term: 2, transfer: true },
    { to: 3, term: 2, transfer: true },
  ]);
});

test('only its own leader makes a follower stand for election', () => {
  const driver = new Driver({ log: [1] }).append({ term: 1, previous: [1, 1] }).sync();
  driver.step(3, { kind: 'timeout-now', term: termOf(1) });
  expect(driver.raft.role).toBe('follower');
  driver.step(2, { kind: 'timeout-now', term: termOf(0) });
  expect(driver.raft.role).toBe('follower');
  const learner = new Driver({ voters: [2, 3], learners: [1] }).append({ term: 1 }).sync();
  learner.step(2, { kind: 'timeout-now', term: termOf(1) });
  expect(learner.raft.role).toBe('learner');
});

test.each([true, false])('a voter that hears its leader votes if it is a transfer: %s', (wish) => {
  const driver = new Driver({ log: [1] }).append({ term: 1, previous: [1, 1] }).sync();
  const place = { lastIndex: indexOf(1), lastTerm: termOf(1) };
  driver.step(3, { kind: 'request-vote', term: termOf(2), ...place, transfer: wish }).sync();
  // Thesis 4.2.3: else it does not even look at the term.
  expect(driver.raft.term).toBe(wish ? 2 : 1);
});
