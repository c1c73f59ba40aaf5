import { expect, test } from 'vitest';
import { encodeConfiguration } from '../../src/raft/configuration-codec.ts';
import {
  type Configuration,
  type Index,
  indexOf,
  replicaIdOf,
  termOf,
} from '../../src/raft/types.ts';
import { Driver, type DriverOptions, entryOf } from './replica-driver.ts';

const payload = Buffer.from('x');

function members(voters: number[], learners: number[] = [], outgoing: number[] = []) {
  return {
    voters: voters.map(replicaIdOf),
    outgoing: outgoing.map(replicaIdOf),
    learners: learners.map(replicaIdOf),
  };
}

/** A leader of term 1 that has committed its no-op at 1; its sessions are 1 with 2, 2 with 3. */
function readyLeader(options: DriverOptions = {}): Driver {
  const driver = new Driver(options).elect().sync().accept(2, 1, 1).accept(3, 1, 2).sync();
  driver.messages = [];
  return driver;
}

function change(driver: Driver, voters: number[], learners: number[] = []) {
  return driver.raft.proposeConfiguration(members(voters, learners), 0);
}

/** A leader's message to replica 1 with a configuration as its only entry. */
function appendMembers(driver: Driver, index: number, term: number, next: Configuration): Driver {
  return driver.step(2, {
    kind: 'append-entries',
    term: termOf(term),
    session: 1,
    previousIndex: indexOf(index - 1),
    previousTerm: termOf(index === 1 ? 0 : 1),
    entries: [
      { ...entryOf(index, term), kind: 'configuration', payload: encodeConfiguration(next) },
    ],
    commitIndex: indexOf(0),
  });
}

test('only a leader changes the members', () => {
  expect(change(new Driver(), [1, 2])).toBeUndefined();
});

test('no change begins before the no-op of the term is committed (Ongaro 2015, B3)', () => {
  const driver = new Driver().elect().sync();
  expect(change(driver, [1, 2, 3, 4])).toBe('busy');
  driver.accept(2, 1, 1);
  expect(change(driver, [1, 2, 3, 4])).toBe(2);
});

test('one change at a time (thesis 4.1)', () => {
  const driver = readyLeader();
  expect(change(driver, [1, 2, 3], [4])).toBe(2);
  expect(driver.raft.changing).toBe(true);
  expect(change(driver, [1, 2, 3])).toBe('busy');
  driver.sync().accept(2, 2, 1);
  expect(driver.raft.changing).toBe(false);
  expect(change(driver, [1, 2, 3])).toBe(3);
});

test('learners come and go with one entry (thesis 4.2.1)', () => {
  const driver = readyLeader();
  change(driver, [1, 2, 3], [5, 4]);
  expect(driver.raft.configuration).toEqual(members([1, 2, 3], [4, 5]));
  driver.sync().accept(2, 2, 1).sync();
  expect(driver.raft.lastIndex).toBe(2);
  expect(driver.raft.progress().map(({ id, isLearner }) => [id, isLearner])).toEqual([
    [2, false],
    [3, false],
    [4, true],
    [5, true],
  ]);
});

test('a change of voters is joint first, and the leader itself completes it (thesis 4.3)', () => {
  const driver = readyLeader();
  driver.raft.setTime(70);
  change(driver, [1, 4, 5]);
  expect(driver.raft.configuration).toEqual(members([1, 4, 5], [], [1, 2, 3]));
  driver.sync().accept(2, 2, 1).accept(3, 2, 2);
  expect(driver.raft.commitIndex).toBe(1);
  driver.accept(4, 2, 3).sync();
  expect(driver.raft.commitIndex).toBe(2);
  expect(driver.raft.configuration).toEqual(members([1, 4, 5]));
  expect(driver.entries.at(-1)).toMatchObject({ index: 3, kind: 'configuration', timeMs: 70 });
  expect(driver.raft.progress().map(({ id }) => id)).toEqual([4, 5]);
  expect(driver.raft.changing).toBe(true);
  driver.accept(4, 3, 3);
  expect(driver.raft.changing).toBe(false);
});

test.each([
  { by: [2, 3], commits: false },
  { by: [4, 5], commits: false },
  { by: [2, 4], commits: true },
])('a joint configuration commits with both majorities: 1 and $by (thesis 4.3)', (given) => {
  const driver = readyLeader();
  change(driver, [1, 4, 5]);
  driver.sync();
  for (const id of given.by) driver.accept(id, 2, id - 1);
  expect(driver.raft.commitIndex >= 2).toBe(given.commits);
});

test.each([
  { by: [2, 3], wins: false },
  { by: [4, 5], wins: false },
  { by: [3, 5], wins: true },
])('a joint configuration elects with both majorities: 1 and $by (thesis 4.3)', (given) => {
  const driver = new Driver({ voters: [1, 4, 5], outgoing: [1, 2, 3] });
  driver.raft.campaign();
  for (const voter of [2, 3, 4, 5]) {
    driver.step(voter, { kind: 'pre-vote-reply', term: termOf(0), granted: true });
  }
  driver.sync();
  expect(driver.sent('request-vote').map(({ to }) => to)).toEqual([2, 3, 4, 5]);
  for (const voter of given.by) {
    driver.step(voter, { kind: 'request-vote-reply', term: termOf(1), granted: true });
  }
  expect(driver.raft.role).toBe(given.wins ? 'leader' : 'candidate');
});

test('an election that one half refuses is lost (thesis 4.3)', () => {
  const driver = new Driver({ voters: [1, 4, 5], outgoing: [1, 2, 3] });
  driver.raft.campaign();
  for (const voter of [4, 5]) {
    driver.step(voter, { kind: 'pre-vote-reply', term: termOf(0), granted: false });
  }
  expect(driver.raft.role).toBe('follower');
});

test('a read round is confirmed by both majorities (thesis 4.3, 6.4)', () => {
  const driver = readyLeader();
  change(driver, [1, 4, 5]);
  driver.sync();
  const id = driver.raft.readIndex() ?? 0;
  driver.take();
  const reply = { kind: 'heartbeat-reply', term: termOf(1), readId: id } as const;
  driver.step(2, reply).step(3, reply).take();
  expect(driver.reads).toEqual([]);
  driver.step(5, reply).take();
  expect(driver.reads).toMatchObject([{ id }]);
});

test('reads that wait are confirmed by a change that leaves nobody to ask', () => {
  const driver = readyLeader({ voters: [1, 2, 3] });
  change(driver, [1]);
  driver.sync();
  driver.raft.readIndex();
  driver.take();
  expect(driver.reads).toEqual([]);
  driver.accept(2, 2, 1).sync();
  expect(driver.raft.configuration).toEqual(members([1]));
  expect(driver.reads).toHaveLength(1);
  expect(driver.raft.commitIndex).toBe(3);
});

test.each([
  { by: [2, 3], leads: false },
  { by: [2, 4], leads: true },
])('the quorum of a joint configuration is that of both halves: $by (6.2)', (given) => {
  const driver = readyLeader();
  change(driver, [1, 4, 5]);
  driver.sync().tick(10);
  const heard = { kind: 'heartbeat-reply', term: termOf(1), readId: 0 } as const;
  for (const id of given.by) driver.step(id, heard);
  driver.tick(10);
  expect(driver.raft.role === 'leader').toBe(given.leads);
});

test('a change leaves its new voters time to answer before the quorum is checked', () => {
  const driver = readyLeader().tick(9);
  const heard = { kind: 'heartbeat-reply', term: termOf(1), readId: 0 } as const;
  driver.step(2, heard).step(3, heard);
  change(driver, [1, 4, 5]);
  expect(driver.sync().tick(1).raft.role).toBe('leader');
  expect(driver.tick(10).raft.role).toBe('follower');
});

test('a leader that is left out does not count itself, and then steps down (4.2.2, B29)', () => {
  const driver = readyLeader();
  change(driver, [2, 3]);
  driver.sync().accept(2, 2, 1).sync();
  // In the old voters it counts, in the new ones both others are needed.
  expect(driver.raft.commitIndex).toBe(1);
  driver.accept(3, 2, 2).sync();
  expect(driver.raft.commitIndex).toBe(2);
  driver.accept(2, 3, 1).sync();
  expect(driver.raft.role).toBe('leader');
  driver.messages = [];
  driver.accept(3, 3, 2).take();
  expect(driver.raft.commitIndex).toBe(3);
  expect(driver.raft.role).toBe('follower');
  expect(driver.sent('timeout-now')).toMatchObject([{ to: 2 }]);
  driver.tick(50);
  expect(driver.raft.role).toBe('follower');
});

test('who is left out stands for election until that is committed (thesis 4.2.2)', () => {
  const driver = new Driver({ log: [1], voters: [1, 2] });
  appendMembers(driver, 2, 1, members([2]))
    .sync()
    .tick(25);
  expect(driver.raft.role).toBe('pre-candidate');
  const pre = { kind: 'pre-vote-reply', term: termOf(1), granted: true } as const;
  driver.step(2, pre).sync();
  // Its own vote does not count: 2 alone decides.
  expect(driver.raft.role).toBe('candidate');
  driver.step(2, { kind: 'request-vote-reply', term: termOf(2), granted: true });
  expect(driver.raft.role).toBe('leader');
  driver.sync().accept(2, 3, 1);
  expect(driver.raft.role).toBe('follower');
});

test('a configuration is in force when it is appended, not when it is committed (4.1)', () => {
  const driver = new Driver({ log: [1] });
  appendMembers(driver, 2, 1, members([1, 2, 3], [4]));
  expect(driver.raft.configuration).toEqual(members([1, 2, 3], [4]));
  expect(driver.raft.configurationAt(indexOf(1))).toEqual(members([1, 2, 3]));
});

test('a configuration that is cut gives way to the one before it (thesis 4.1, B14)', () => {
  const driver = new Driver({ log: [1] });
  appendMembers(driver, 2, 1, members([1, 2, 3, 4], [], [1, 2, 3]));
  driver.append({ from: 3, term: 2, previous: [1, 1], terms: [2] });
  expect(driver.raft.configuration).toEqual(members([1, 2, 3]));
});

test('the configuration survives compaction (B14)', () => {
  const driver = readyLeader();
  change(driver, [1, 2, 3], [4]);
  driver.sync().accept(2, 2, 1).sync();
  driver.raft.propose('effects', payload, 0);
  driver.sync().accept(2, 3, 1).sync();
  driver.raft.compact(indexOf(3));
  expect(driver.raft.configuration).toEqual(members([1, 2, 3], [4]));
  expect(driver.raft.configurationAt(indexOf(3))).toEqual(members([1, 2, 3], [4]));
});

test('a learner that does not know of its promotion votes (B26)', () => {
  const driver = new Driver({ self: 4, voters: [1, 2, 3], learners: [4] });
  const place = { lastIndex: indexOf(0), lastTerm: termOf(0) };
  driver.step(1, { kind: 'pre-vote', term: termOf(1), ...place }).sync();
  expect(driver.sent('pre-vote-reply')).toMatchObject([{ granted: true }]);
  driver.step(1, { kind: 'request-vote', term: termOf(1), ...place, transfer: false }).sync();
  expect(driver.sent('request-vote-reply')).toMatchObject([{ granted: true }]);
});

test('a candidate outside the own configuration gets an answer and a vote (thesis 4.2.2)', () => {
  const driver = new Driver({ voters: [1, 2, 3] });
  const place = { lastIndex: indexOf(0), lastTerm: termOf(0) };
  driver.step(9, { kind: 'request-vote', term: termOf(1), ...place, transfer: false }).sync();
  expect(driver.sent('request-vote-reply')).toMatchObject([{ to: 9, granted: true }]);
});

test('a replica that knows no members waits, and learns them from its leader', () => {
  const driver = new Driver({ voters: [] }).tick(100);
  driver.raft.campaign();
  expect(driver.take().messages).toEqual([]);
  expect(driver.raft.role).toBe('follower');
  driver.append({ term: 1, terms: [1] });
  appendMembers(driver, 2, 1, members([2, 3], [1])).sync();
  expect(driver.raft.role).toBe('learner');
});

test('a joiner forgets nothing before it knows the members', () => {
  const driver = new Driver({ voters: [] }).append({ term: 1, terms: [1], commit: 1 }).sync();
  driver.raft.compact(indexOf(1));
  driver.append({ term: 1, previous: [1, 1], terms: [1], commit: 2 }).sync();
  expect(driver.raft.configurationAt(indexOf(1)).voters).toEqual([]);
  expect(driver.committed.map(({ index }) => index)).toEqual([1, 2]);
});

test('a member that comes back gets a session of its own (B15)', () => {
  const driver = readyLeader();
  change(driver, [1, 2, 3], [4]);
  driver.sync().accept(2, 2, 1).accept(4, 2, 3);
  change(driver, [1, 2, 3]);
  driver.sync().accept(2, 3, 1);
  change(driver, [1, 2, 3], [4]);
  driver.messages = [];
  driver.take();
  expect(driver.sent('append-entries').find(({ to }) => to === 4)).toMatchObject({ session: 4 });
  driver.accept(4, 2, 3);
  expect(driver.raft.progress().at(-1)).toMatchObject({ id: 4, matchIndex: 0 });
});

test('a promoted learner keeps its progress', () => {
  const driver = readyLeader({ learners: [4] });
  driver.accept(4, 1, 3);
  change(driver, [1, 2, 3, 4]);
  expect(driver.raft.progress().at(-1)).toMatchObject({ id: 4, isLearner: false, matchIndex: 1 });
});

test('a voter that becomes a learner votes until the change is done', () => {
  const driver = readyLeader();
  change(driver, [1, 2], [3]);
  expect(driver.raft.configuration).toEqual(members([1, 2], [3], [1, 2, 3]));
  expect(driver.raft.progress().at(-1)).toMatchObject({ id: 3, isLearner: false });
  driver.sync().accept(2, 2, 1).sync();
  expect(driver.raft.configuration).toEqual(members([1, 2], [3]));
  expect(driver.raft.progress().at(-1)).toMatchObject({ id: 3, isLearner: true });
});

test('a new leader completes the change that it finds half done (thesis 4.3)', () => {
  const driver = new Driver({ log: [1], voters: [1, 2, 3] });
  appendMembers(driver, 2, 1, members([1, 2], [], [1, 2, 3]))
    .sync()
    .tick(10)
    .elect()
    .sync();
  expect(driver.raft.changing).toBe(true);
  expect(change(driver, [1, 2, 3])).toBe('busy');
  driver.accept(2, 3, 1).sync();
  expect(driver.raft.configuration).toEqual(members([1, 2]));
  const last: Index = driver.raft.lastIndex;
  expect(last).toBe(4);
});

test('a target that stands twice or has no voter is refused', () => {
  expect(() => change(readyLeader(), [1, 2], [2])).toThrow(/twice/);
  expect(() => change(readyLeader(), [])).toThrow(/voter/);
});
