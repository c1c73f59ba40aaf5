import { expect, test } from 'vitest';
import { indexOf, replicaIdOf, termOf } from '../../src/raft/types.ts';
import { Driver, type DriverOptions } from './replica-driver.ts';

const payload = Buffer.from('x');
const heard = { kind: 'heartbeat-reply', term: termOf(1), readId: 0 } as const;

/** Everybody has the no-op and was heard of. */
function readyLeader(options: DriverOptions = {}): Driver {
  const driver = new Driver({ quiesceTicks: 3, ...options }).elect().sync();
  driver.accept(2, 1, 1).accept(3, 1, 2).sync();
  driver.messages = [];
  return driver;
}

function lastHeartbeat(commitIndex: number, term = 1) {
  const place = { commitIndex: indexOf(commitIndex), readId: 0 };
  return { kind: 'heartbeat', term: termOf(term), ...place, quiesce: true } as const;
}

test('an idle leader falls silent with its heartbeat', () => {
  const driver = readyLeader().tick(4).take();
  expect(driver.raft.quiesced).toBe(true);
  expect(driver.sent('heartbeat').map(({ to, quiesce }) => [to, quiesce])).toEqual([
    [2, false],
    [3, false],
    [2, true],
    [3, true],
  ]);
  expect(driver.tick(100).take().messages).toEqual([]);
  expect(driver.raft.role).toBe('leader');
});

test('without a limit of idle ticks a leader never falls silent', () => {
  const driver = new Driver().elect().sync().accept(2, 1, 1).accept(3, 1, 2).sync();
  for (let round = 0; round < 50; round += 1) driver.tick(2).step(2, heard).step(3, heard);
  expect(driver.raft.quiesced).toBe(false);
});

test.each([
  { name: 'an entry that a follower lacks', act: (driver: Driver) => lag(driver) },
  { name: 'an entry that is not committed', act: (driver: Driver) => lagAll(driver) },
  { name: 'a read that waits', act: (driver: Driver) => void driver.raft.readIndex() },
])('$name keeps a leader awake', ({ act }) => {
  const driver = readyLeader();
  act(driver);
  driver.sync();
  for (let round = 0; round < 20; round += 1) driver.tick(2).step(2, heard).step(3, heard).take();
  expect(driver.raft.quiesced).toBe(false);
});

test('a transfer keeps a leader awake', () => {
  const driver = readyLeader({ quiesceTicks: 1 });
  driver.raft.transferLeadership(replicaIdOf(2));
  expect(driver.tick(8).raft.quiesced).toBe(false);
});

test.each([true, false])('a group falls silent if each member is heard of: %s', (isHeard) => {
  const driver = readyLeader({ quiesceTicks: 15, learners: [4] })
    .accept(4, 1, 3)
    .sync();
  for (let round = 0; round < 20 && !driver.raft.quiesced; round += 1) {
    driver.tick(2).step(2, heard).step(3, heard);
    if (isHeard) driver.step(4, heard);
  }
  // An answer that comes after the last heartbeat wakes it again: the messages tell.
  const quiet = driver
    .take()
    .sent('heartbeat')
    .some(({ quiesce }) => quiesce);
  expect(quiet).toBe(isHeard);
});

test('a follower that ends where its leader does falls silent and does not answer', () => {
  const driver = new Driver({ log: [1] }).append({ term: 1, previous: [1, 1], commit: 1 }).sync();
  driver.messages = [];
  driver.step(2, lastHeartbeat(1)).take();
  expect(driver.raft.quiesced).toBe(true);
  expect(driver.messages).toEqual([]);
  expect(driver.tick(100).raft.role).toBe('follower');
});

test('a follower that has more, or not all on its disk, stays awake and answers', () => {
  const longer = new Driver({ log: [1, 1] });
  longer.append({ term: 1, previous: [1, 1], commit: 1 }).sync();
  longer.messages = [];
  expect(longer.step(2, lastHeartbeat(1)).take().sent('heartbeat-reply')).toHaveLength(1);
  const slow = new Driver({ log: [1] });
  slow.append({ term: 1, previous: [1, 1], terms: [1], commit: 2 }).take();
  expect(slow.step(2, lastHeartbeat(2)).take().sent('heartbeat-reply')).toHaveLength(1);
  expect([longer.raft.quiesced, slow.raft.quiesced]).toEqual([false, false]);
});

test.each([
  { name: 'a proposal', act: (driver: Driver) => void driver.raft.propose('effects', payload, 0) },
  { name: 'a read', act: (driver: Driver) => void driver.raft.readIndex() },
  { name: 'a message', act: (driver: Driver) => void driver.step(2, heard) },
  { name: 'a doubt of the node', act: (driver: Driver) => void driver.raft.wake() },
  {
    name: 'a change of the members',
    act: (driver: Driver) => {
      driver.raft.proposeConfiguration({ voters: [replicaIdOf(1)], learners: [] }, 0);
    },
  },
])('$name ends the silence of a leader, whose next tick is a heartbeat', ({ act }) => {
  const driver = readyLeader().tick(4).take();
  act(driver);
  driver.take();
  driver.messages = [];
  expect(driver.raft.quiesced).toBe(false);
  expect(driver.tick(1).take().sent('heartbeat').length).toBeGreaterThan(0);
});

test('a leader that wakes has a whole election timeout to hear its quorum', () => {
  const driver = readyLeader().tick(4).take();
  driver.raft.wake();
  expect(driver.tick(9).raft.role).toBe('leader');
});

test('a follower that wakes asks its leader, and stands for election in its time', () => {
  const driver = new Driver({ log: [1] }).append({ term: 1, previous: [1, 1], commit: 1 }).sync();
  driver.step(2, lastHeartbeat(1)).take();
  driver.messages = [];
  driver.raft.wake();
  expect(driver.take().sent('heartbeat-reply')).toMatchObject([{ to: 2, readId: 0 }]);
  expect(driver.tick(10).raft.role).toBe('follower');
  expect(driver.tick(10).raft.role).toBe('pre-candidate');
});

test('ticks in which the leader was silent for the node count for the follower', () => {
  const driver = new Driver({ log: [1] }).append({ term: 1, previous: [1, 1], commit: 1 }).sync();
  driver.step(2, lastHeartbeat(1)).take();
  driver.raft.wake(19);
  expect(driver.tick(1).raft.role).toBe('pre-candidate');
});

test('a candidate wakes the others, and they wake their leader (thesis 4.2.3)', () => {
  const driver = new Driver({ log: [1] }).append({ term: 1, previous: [1, 1], commit: 1 }).sync();
  driver.step(2, lastHeartbeat(1)).take();
  driver.messages = [];
  const place = { lastIndex: indexOf(1), lastTerm: termOf(1) };
  driver.step(3, { kind: 'pre-vote', term: termOf(1), ...place }).take();
  expect(driver.messages).toMatchObject([
    { to: 2, message: { kind: 'heartbeat-reply' } },
    { to: 3, message: { kind: 'pre-vote-reply', granted: false } },
  ]);
  expect(driver.raft.quiesced).toBe(false);
});

test('a group of one falls silent by itself', () => {
  const driver = new Driver({ voters: [1], quiesceTicks: 1 }).elect([]).sync().tick(4);
  expect(driver.raft.quiesced).toBe(true);
});

function lag(driver: Driver): void {
  driver.raft.propose('effects', payload, 0);
  driver.sync().accept(2, 2, 1);
}

function lagAll(driver: Driver): void {
  driver.raft.propose('effects', payload, 0);
}
