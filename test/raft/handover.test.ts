import { expect, test } from 'vitest';
import { indexOf, replicaIdOf, termOf } from '../../src/raft/types.ts';
import { Driver } from '../raft/replica-driver.ts';

const payload = Buffer.from('x');

function leaderThatHandsOver(): Driver {
  const driver = new Driver().elect().sync().accept(2, 1, 1).accept(3, 1, 2).sync();
  driver.raft.propose('effects', payload, 0);
  driver.take();
  driver.raft.transferLeadership(replicaIdOf(3));
  driver.messages = [];
  return driver;
}

test('a leader hands over only when it knows that all of its log is committed', () => {
  const driver = leaderThatHandsOver();
  // The target has it, but the leader's own disk does not: one of three is no majority.
  driver.accept(3, 2, 2);
  expect(driver.take().sent('timeout-now')).toEqual([]);
  driver.raft.appended(indexOf(2), termOf(1));
  driver.take();
  expect(driver.raft.commitIndex).toBe(2);
  expect(driver.sent('timeout-now')).toMatchObject([{ to: 3 }]);
});

test('another follower may complete the majority that a leader waits for to hand over', () => {
  const driver = leaderThatHandsOver();
  driver.accept(3, 2, 2).accept(2, 2, 1);
  expect(driver.take().sent('timeout-now')).toMatchObject([{ to: 3 }]);
});
