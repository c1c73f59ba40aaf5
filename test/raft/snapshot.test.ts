import { expect, test } from 'vitest';
import { Prng } from '../../src/base/prng.ts';
import { encodeConfiguration } from '../../src/raft/configuration-codec.ts';
import { Raft } from '../../src/raft/raft.ts';
import { indexOf, NOBODY, replicaIdOf, type SnapshotPlace, termOf } from '../../src/raft/types.ts';
import { Driver, entryOf } from './replica-driver.ts';

const payload = Buffer.from('x');

const configuration = {
  voters: [1, 2, 3].map(replicaIdOf),
  outgoing: [],
  learners: [replicaIdOf(7)],
};

function place(index: number, term: number): SnapshotPlace {
  return { index: indexOf(index), term: termOf(term), timeMs: index, configuration };
}

function install(driver: Driver, index: number, term: number, session = 1): Driver {
  const snapshot = place(index, term);
  return driver.step(2, { kind: 'install-snapshot', term: driver.raft.term, session, snapshot });
}

/** A leader of term 1 whose log begins after 4; 3 has the no-op only and is heard of. */
function compactedLeader(): Driver {
  const driver = new Driver().elect().sync().accept(2, 1, 1).accept(3, 1, 2).sync();
  for (let at = 0; at < 3; at += 1) driver.raft.propose('effects', payload, 0);
  driver.sync().accept(2, 4, 1).sync();
  driver.raft.compact(indexOf(4));
  driver.messages = [];
  return driver;
}

function reject(driver: Driver, previousIndex: number, hintIndex: number): Driver {
  return driver.step(3, {
    kind: 'append-rejected',
    term: termOf(1),
    session: 2,
    previousIndex: indexOf(previousIndex),
    hintIndex: indexOf(hintIndex),
    hintTerm: termOf(1),
  });
}

const heard = { kind: 'heartbeat-reply', term: termOf(1), readId: 0 } as const;

test('a follower whose entries are compacted gets a state, asked for once (5.3, B23)', () => {
  const driver = reject(compactedLeader(), 4, 1).take();
  expect(driver.snapshotRequests).toEqual([{ to: 3, term: 1, session: 2 }]);
  expect(driver.raft.progress()[1]).toMatchObject({ state: 'snapshot', matchIndex: 1 });
  driver.raft.propose('effects', payload, 0);
  driver.take();
  for (let round = 0; round < 20; round += 1) driver.tick(2).step(2, heard).step(3, heard).take();
  expect(driver.snapshotRequests).toHaveLength(1);
  expect(driver.sent('append-entries').filter(({ to }) => to === 3)).toEqual([]);
});

test('what comes after the state follows its acceptance (B13)', () => {
  const driver = reject(compactedLeader(), 4, 1).take();
  driver.raft.propose('effects', payload, 0);
  driver.raft.snapshotSent(replicaIdOf(3), 2, place(4, 1));
  driver.take();
  driver.messages = [];
  driver.accept(3, 4, 2).take();
  expect(driver.raft.progress()[1]).toMatchObject({ state: 'replicate', matchIndex: 4 });
  expect(driver.sent('append-entries')).toMatchObject([
    { to: 3, previousIndex: 4, entries: [{ index: 5 }] },
  ]);
});

test('a follower that accepts enough by itself needs no state any more', () => {
  const driver = reject(compactedLeader(), 4, 1).take();
  driver.accept(3, 3, 2);
  expect(driver.raft.progress()[1]?.state).toBe('snapshot');
  driver.accept(3, 4, 2);
  expect(driver.raft.progress()[1]?.state).toBe('replicate');
});

test('a state that did not get there is asked for again when the follower is heard of', () => {
  const driver = reject(compactedLeader(), 4, 1).take();
  driver.raft.snapshotFailed(replicaIdOf(3), 2);
  driver.take();
  expect(driver.raft.progress()[1]?.state).toBe('probe');
  expect(driver.snapshotRequests).toHaveLength(1);
  driver.tick(4).step(3, heard).take();
  expect(driver.sent('append-entries')).toMatchObject([{ to: 3, previousIndex: 4 }]);
  reject(driver, 4, 1).take();
  expect(driver.snapshotRequests).toHaveLength(2);
});

test('a state that was sent and never accepted is asked about after a while', () => {
  const driver = reject(compactedLeader(), 4, 1).take();
  driver.raft.snapshotSent(replicaIdOf(3), 2, place(4, 1));
  driver.tick(6).step(2, heard).step(3, heard).take();
  // It may be about to be installed: a refusal now says nothing.
  reject(driver, 4, 1).take();
  expect(driver.snapshotRequests).toHaveLength(1);
  driver.messages = [];
  driver.tick(4).step(2, heard).step(3, heard).take();
  expect(driver.sent('append-entries')).toMatchObject([{ to: 3, previousIndex: 4, entries: [] }]);
  reject(driver, 4, 1).take();
  expect(driver.snapshotRequests).toHaveLength(2);
});

test('the end of a state of another session says nothing (B15)', () => {
  const driver = reject(compactedLeader(), 4, 1).take();
  driver.raft.snapshotFailed(replicaIdOf(3), 1);
  driver.raft.snapshotSent(replicaIdOf(3), 9, place(4, 1));
  driver.tick(40);
  expect(driver.raft.progress()).toEqual([]);
  driver.raft.snapshotSent(replicaIdOf(3), 2, place(4, 1));
  const other = reject(compactedLeader(), 4, 1).take();
  other.raft.snapshotFailed(replicaIdOf(3), 1);
  expect(other.raft.progress()[1]?.state).toBe('snapshot');
});

test('a state that is ahead of the log replaces it, once the disk has it (thesis 5.3)', () => {
  const driver = new Driver({ log: [1, 1], term: 2 }).step(2, {
    kind: 'heartbeat',
    term: termOf(2),
    commitIndex: indexOf(1),
    readId: 0,
    quiesce: false,
  });
  driver.sync();
  driver.messages = [];
  install(driver, 5, 2).take();
  expect(driver.snapshots).toEqual([place(5, 2)]);
  expect(driver.messages).toEqual([]);
  expect(driver.raft.lastIndex).toBe(2);
  driver.raft.snapshotInstalled(indexOf(5), termOf(2));
  driver.take();
  expect(driver.sent('append-accepted')).toMatchObject([{ to: 2, session: 1, matchIndex: 5 }]);
  const { raft } = driver;
  expect([raft.lastIndex, raft.lastTerm, raft.commitIndex, raft.durableIndex]).toEqual([
    5, 2, 5, 5,
  ]);
  expect(raft.lastTimeMs).toBe(5);
  expect(raft.configuration).toEqual(configuration);
});

test('a state replaces a log that is longer but differs (thesis 5.3, B13)', () => {
  const driver = install(new Driver({ log: [1, 1, 1, 1], term: 3 }), 3, 2).sync();
  expect([driver.raft.lastIndex, driver.raft.lastTerm]).toEqual([3, 2]);
  driver.append({ term: 3, previous: [3, 2], terms: [3], commit: 4 }).sync();
  expect(driver.committed.map(({ index }) => index)).toEqual([4]);
});

test('a state that the log contains only says what is committed (thesis 5.3)', () => {
  const driver = install(new Driver({ log: [1, 1, 2, 2] }), 3, 2).sync();
  expect(driver.snapshots).toEqual([]);
  expect([driver.raft.lastIndex, driver.raft.commitIndex]).toEqual([4, 3]);
  expect(driver.committed).toHaveLength(3);
  expect(driver.sent('append-accepted')).toMatchObject([{ matchIndex: 3 }]);
});

test('an old state is answered with what is committed (B13)', () => {
  const driver = new Driver({ log: [1, 1], term: 1 });
  driver.append({ term: 1, previous: [2, 1], commit: 2 }).sync();
  driver.messages = [];
  install(driver, 1, 1).sync();
  expect(driver.snapshots).toEqual([]);
  expect(driver.sent('append-accepted')).toMatchObject([{ matchIndex: 2 }]);
});

test('a state of a leader of an older term is refused', () => {
  const driver = new Driver({ term: 5 });
  const snapshot = place(9, 4);
  driver.step(2, { kind: 'install-snapshot', term: termOf(4), session: 1, snapshot }).take();
  expect(driver.snapshots).toEqual([]);
  expect(driver.sent('stale-term')).toMatchObject([{ to: 2, term: 5 }]);
});

test('while a state is installed, entries are ignored and nothing is applied', () => {
  const driver = install(new Driver({ log: [1, 1], term: 2 }), 5, 2).take();
  driver.append({ term: 2, previous: [1, 1], terms: [2], commit: 2 }).take();
  expect([driver.entries, driver.committed, driver.messages]).toEqual([[], [], []]);
  install(driver, 8, 2).take();
  expect(driver.snapshots).toHaveLength(1);
});

test('while a state is installed, this replica stands for no election', () => {
  const driver = install(new Driver({ term: 2 }), 5, 2)
    .take()
    .tick(60);
  expect(driver.raft.role).toBe('follower');
});

test('a state counts also if its leader is gone, but nobody else is told (B15)', () => {
  const driver = install(new Driver({ term: 2 }), 5, 2).take();
  driver.append({ from: 3, term: 3, session: 1, previous: [6, 3] }).take();
  driver.raft.saved({ term: termOf(3), votedFor: replicaIdOf(0) });
  driver.raft.snapshotInstalled(indexOf(5), termOf(2));
  driver.take();
  expect(driver.raft.commitIndex).toBe(5);
  expect(driver.messages).toEqual([]);
});

test('a write from before a state vouches for nothing after it (B12, B13)', () => {
  const driver = new Driver({ log: [1], term: 1 });
  driver.append({ term: 1, previous: [1, 1], terms: [1, 1] }).take();
  driver.append({ term: 4, previous: [1, 1], terms: [2] }).take();
  install(driver, 5, 4).take();
  driver.raft.saved({ term: termOf(4), votedFor: replicaIdOf(0) });
  driver.raft.snapshotInstalled(indexOf(5), termOf(4));
  driver.raft.appended(indexOf(3), termOf(1));
  driver.raft.appended(indexOf(2), termOf(2));
  expect(driver.raft.durableIndex).toBe(5);
});

test('a restart has the configuration of the state, and those of the log after it (B14)', () => {
  const later = { ...configuration, outgoing: [replicaIdOf(1)] };
  const entry = { ...entryOf(6, 2), kind: 'configuration' } as const;
  const raft = new Raft({
    self: replicaIdOf(1),
    configuration: { voters: [replicaIdOf(1)], outgoing: [], learners: [] },
    hardState: { term: termOf(2), votedFor: NOBODY },
    snapshot: place(5, 2),
    entries: [{ ...entry, payload: encodeConfiguration(later) }],
    electionTimeoutTicks: 10,
    heartbeatTicks: 1,
    prng: new Prng(1),
  });
  expect(raft.configurationAt(indexOf(5))).toEqual(configuration);
  expect(raft.configuration).toEqual(later);
});
