import { expect, test } from 'vitest';
import { limits } from '../../src/base/limits.ts';
import { indexOf, replicaIdOf, termOf } from '../../src/raft/types.ts';
import { Driver } from './replica-driver.ts';

const payload = Buffer.from('x');

function propose(driver: Driver, count = 1, bytes = payload): Driver {
  for (let at = 0; at < count; at += 1) driver.raft.propose('effects', bytes, 0);
  return driver;
}

/** A leader of term 1 whose followers have its no-op. */
function steadyLeader(options = {}): Driver {
  const driver = new Driver(options).elect().sync().accept(2, 1, 1).accept(3, 1, 2).sync();
  driver.messages = [];
  return driver;
}

test('a leader opens its term with a no-op (thesis 6.4)', () => {
  const driver = new Driver({ log: [1, 2] });
  driver.raft.setTime(77);
  driver.elect().take();
  expect(driver.entries).toMatchObject([{ index: 3, term: 3, kind: 'noop', timeMs: 77 }]);
  expect(driver.sent('append-entries')).toMatchObject([
    { to: 2, previousIndex: 2, previousTerm: 2, entries: [{ index: 3 }] },
    { to: 3, previousIndex: 2, previousTerm: 2, entries: [{ index: 3 }] },
  ]);
});

test('only a leader takes proposals', () => {
  const driver = new Driver();
  expect(driver.raft.propose('effects', payload, 1)).toBeUndefined();
  expect(driver.elect().raft.propose('effects', payload, 1)).toBe(2);
});

test('log time never falls along the log', () => {
  const driver = new Driver({ voters: [1] });
  driver.raft.setTime(50);
  driver.elect([]).sync();
  driver.raft.propose('effects', payload, 40);
  driver.raft.propose('time', payload, 60);
  expect(driver.raft.lastTimeMs).toBe(60);
  expect(driver.take().entries.map(({ timeMs }) => timeMs)).toEqual([50, 50, 60]);
});

test('all proposals of a turn leave in one message to each follower', () => {
  const driver = propose(steadyLeader(), 3).take();
  expect(driver.sent('append-entries').map(({ to, entries }) => [to, entries.length])).toEqual([
    [2, 3],
    [3, 3],
  ]);
});

test('an entry is committed when a majority has it on disk (thesis 3.5)', () => {
  const driver = propose(steadyLeader()).sync();
  expect(driver.raft.commitIndex).toBe(1);
  driver.accept(3, 2, 2);
  expect(driver.raft.commitIndex).toBe(2);
  expect(driver.sync().committed.map(({ index }) => index)).toEqual([1, 2]);
});

test('a leader counts itself only after its own fsync (thesis 10.2.1, B11)', () => {
  const driver = propose(steadyLeader({ voters: [1, 2] }))
    .take()
    .accept(2, 2, 1);
  expect(driver.raft.commitIndex).toBe(1);
  driver.raft.appended(indexOf(2), termOf(1));
  expect(driver.raft.commitIndex).toBe(2);
});

test('a leader commits without its own disk, but applies only what that has (10.2.1)', () => {
  const driver = propose(steadyLeader()).take().accept(2, 2, 1).accept(3, 2, 2).take();
  expect(driver.raft.commitIndex).toBe(2);
  expect(driver.committed.map(({ index }) => index)).toEqual([1]);
  driver.raft.appended(indexOf(2), termOf(1));
  expect(driver.take().committed.map(({ index }) => index)).toEqual([1, 2]);
});

test('an entry of an earlier term is not committed by counting (thesis 3.6.2, B4)', () => {
  const driver = new Driver({ log: [1, 1], term: 2 }).elect().sync();
  driver.accept(2, 2, 1).accept(3, 2, 2);
  expect(driver.raft.commitIndex).toBe(0);
  driver.accept(2, 3, 1);
  expect(driver.raft.commitIndex).toBe(3);
});

test('a learner receives entries and counts in no majority (thesis 4.2.1, B18)', () => {
  const driver = new Driver({ voters: [1, 2, 3], learners: [4] }).elect().sync();
  expect(driver.sent('append-entries').map(({ to }) => to)).toEqual([2, 3, 4]);
  driver.accept(4, 1, 3);
  expect(driver.raft.commitIndex).toBe(0);
  driver.accept(3, 1, 2);
  expect(driver.raft.commitIndex).toBe(1);
});

test('a follower accepts only after its own fsync (thesis 3.8)', () => {
  const driver = new Driver({ term: 1 }).append({ term: 1, terms: [1, 1], session: 7 }).take();
  expect(driver.messages).toEqual([]);
  driver.raft.appended(indexOf(2), termOf(1));
  expect(driver.take().messages).toEqual([
    { to: 2, message: { kind: 'append-accepted', term: 1, session: 7, matchIndex: 2 } },
  ]);
});

test('an acceptance also waits for the hard state of a new term (thesis 3.8)', () => {
  const driver = new Driver().append({ term: 1, terms: [1] }).take();
  driver.raft.appended(indexOf(1), termOf(1));
  expect(driver.take().messages).toEqual([]);
  driver.raft.saved({ term: termOf(1), votedFor: replicaIdOf(0) });
  expect(driver.take().sent('append-accepted')).toMatchObject([{ matchIndex: 1 }]);
});

test('a follower accepts as far as its disk has come', () => {
  const driver = new Driver({ term: 1 }).append({ term: 1, terms: [1] }).take();
  driver.append({ term: 1, previous: [1, 1], terms: [1, 1] }).take();
  driver.raft.appended(indexOf(1), termOf(1));
  expect(driver.take().sent('append-accepted')).toMatchObject([{ matchIndex: 1 }]);
  driver.raft.appended(indexOf(3), termOf(1));
  expect(driver.take().sent('append-accepted')).toMatchObject([{ matchIndex: 3 }]);
});

test.each([
  { log: [1], previous: [3, 1], hint: [1, 1], why: 'its log is too short' },
  { log: [1, 2, 2], previous: [3, 3], hint: [3, 2], why: 'the entry has another term' },
  { log: [1, 3, 3], previous: [3, 2], hint: [1, 1], why: 'no entry of a later term can match' },
] as const)('a follower rejects entries that do not attach: $why (thesis 3.5)', (one) => {
  const [hintIndex, hintTerm] = one.hint;
  const driver = new Driver({ log: one.log, term: 4 });
  driver.append({ term: 4, previous: one.previous, terms: [4] }).sync();
  expect(driver.sent('append-rejected')).toMatchObject([
    { previousIndex: one.previous[0], hintIndex, hintTerm },
  ]);
  expect(driver.raft.lastIndex).toBe(one.log.length);
});

test('entries that differ are cut with all after them (Figure 3.1, AppendEntries 3)', () => {
  const driver = new Driver({ log: [1, 1, 1, 1], term: 2 });
  driver.append({ term: 2, previous: [2, 1], terms: [2] }).sync();
  expect(driver.entries).toMatchObject([{ index: 3, term: 2 }]);
  expect([driver.raft.lastIndex, driver.raft.lastTerm]).toEqual([3, 2]);
});

test('entries that are there stay, and so do those after them (Figure 3.1, 4, B16)', () => {
  const driver = new Driver({ log: [1, 1, 1, 1] });
  driver
    .append({ term: 1, previous: [1, 1], terms: [1] })
    .append({ term: 1 })
    .sync();
  expect(driver.raft.lastIndex).toBe(4);
  expect(driver.entries).toEqual([]);
  expect(driver.sent('append-accepted').map(({ matchIndex }) => matchIndex)).toEqual([2, 2]);
});

test('a follower commits no further than what was compared (Figure 3.1, AppendEntries 5)', () => {
  const driver = new Driver({ log: [1, 1, 1, 1], term: 3 });
  driver.append({ term: 3, previous: [1, 1], terms: [1], commit: 4 });
  expect(driver.raft.commitIndex).toBe(2);
});

test('a heartbeat commits at a follower that was restarted (thesis 3.8)', () => {
  const driver = new Driver({ log: [1, 1, 1] });
  driver.step(2, {
    kind: 'heartbeat',
    term: termOf(1),
    commitIndex: indexOf(2),
    readId: 0,
    quiesce: false,
  });
  expect(driver.sync().committed.map(({ index }) => index)).toEqual([1, 2]);
});

test('a heartbeat names no more than what the follower has on disk', () => {
  const driver = propose(steadyLeader()).sync().accept(2, 2, 1);
  driver.messages = [];
  driver.tick(2).take();
  expect(driver.sent('heartbeat').map(({ to, commitIndex }) => [to, commitIndex])).toEqual([
    [2, 2],
    [3, 1],
  ]);
});

test('a follower that lost what it acknowledged takes no word for it', () => {
  const driver = new Driver({ log: [1] });
  const heartbeat = { kind: 'heartbeat', term: termOf(1), readId: 0, quiesce: false } as const;
  expect(() => driver.step(2, { ...heartbeat, commitIndex: indexOf(2) })).toThrow(
    /2 committed of a log up to 1/,
  );
});

test('a committed entry is never cut', () => {
  const driver = new Driver({ log: [1, 1] }).append({ term: 1, previous: [2, 1], commit: 2 });
  expect(() => driver.append({ term: 2, previous: [1, 1], terms: [2] })).toThrow(/committed/);
});

test('two leaders in one term are an invariant broken', () => {
  const driver = new Driver().append({ from: 2, term: 1, terms: [1] });
  expect(() => driver.append({ from: 3, term: 1, terms: [1] })).toThrow(/one leader/);
});

test('a message that begins before the compacted part of the log attaches (B23)', () => {
  const driver = new Driver({ log: [1, 1, 1, 1], compacted: 3 });
  driver.append({ term: 1, previous: [1, 1], terms: [1, 1, 1, 1], commit: 5 }).sync();
  expect(driver.raft.lastIndex).toBe(5);
  expect(driver.committed.map(({ index }) => index)).toEqual([4, 5]);
  expect(driver.sent('append-accepted')).toMatchObject([{ matchIndex: 5 }]);
});

test('a leader probes with one message until it knows the place, then pipelines (10.2.1)', () => {
  const driver = propose(new Driver({ log: [1] }).elect().sync()).sync();
  expect(driver.sent('append-entries').map(({ to }) => to)).toEqual([2, 3]);
  driver.accept(2, 2, 1).take();
  expect(driver.sent('append-entries')).toMatchObject([{ to: 2, previousIndex: 2 }]);
  propose(driver).take();
  propose(driver).take();
  expect(driver.sent('append-entries').map(({ to, previousIndex }) => [to, previousIndex])).toEqual(
    [
      [2, 3],
      [2, 4],
    ],
  );
});

test('the pipeline is bounded by messages and bytes', () => {
  const driver = steadyLeader();
  for (let count = 0; count < limits.appendsInFlightMax + 10; count += 1) propose(driver).take();
  expect(driver.sent('append-entries').filter(({ to }) => to === 2)).toHaveLength(
    limits.appendsInFlightMax,
  );
  driver.accept(2, 2, 1).take();
  expect(driver.sent('append-entries')).toMatchObject([{ to: 2, previousIndex: 65 }]);
  const large = propose(steadyLeader(), 3, Buffer.alloc(limits.appendBytesMax / 2)).take();
  expect(large.sent('append-entries').map(({ entries }) => entries.length)).toEqual([2, 1, 2, 1]);
});

test('after a rejection the leader goes back to where both logs can be equal (thesis 3.5)', () => {
  const driver = new Driver({ log: [1, 1, 1, 4, 4], term: 4 }).elect().sync();
  driver.messages = [];
  const rejected = { kind: 'append-rejected', term: termOf(5), session: 1 } as const;
  const at = { previousIndex: indexOf(5), hintIndex: indexOf(5), hintTerm: termOf(2) };
  driver.step(2, { ...rejected, ...at }).take();
  expect(driver.sent('append-entries')).toMatchObject([
    { to: 2, previousIndex: 3, previousTerm: 1, entries: [{ index: 4 }, {}, {}] },
  ]);
  // The same answer once more is out of date.
  driver.step(2, { ...rejected, ...at }).take();
  expect(driver.messages).toEqual([]);
});

test('a reply of another replication session is ignored (B15)', () => {
  const driver = new Driver().elect().sync();
  driver.messages = [];
  driver.accept(2, 1, 2).accept(3, 1, 9);
  const hint = { previousIndex: indexOf(0), hintIndex: indexOf(0), hintTerm: termOf(0) };
  driver.step(2, { kind: 'append-rejected', term: termOf(1), session: 9, ...hint }).take();
  expect(driver.raft.commitIndex).toBe(0);
  expect(driver.raft.progress()).toMatchObject([{ matchIndex: 0 }, { matchIndex: 0 }]);
  expect(driver.messages).toEqual([]);
});

test('sessions are not used again when a replica leads again (B15)', () => {
  const driver = new Driver().elect().sync();
  const before = driver.sent('append-entries').map(({ session }) => session);
  driver
    .step(2, { kind: 'stale-term', term: termOf(5) })
    .sync()
    .elect()
    .sync();
  const after = driver.sent('append-entries').map(({ session }) => session);
  expect(before).toEqual([1, 2]);
  expect(after).toEqual([3, 4]);
});

test('an acceptance never lowers what is known to match', () => {
  const driver = propose(steadyLeader(), 2).sync().accept(2, 3, 1).accept(2, 1, 1).take();
  expect(driver.raft.progress()[0]).toMatchObject({
    state: 'replicate',
    matchIndex: 3,
    nextIndex: 4,
  });
});

test('a lost message is asked about after two heartbeats without progress', () => {
  const driver = propose(steadyLeader()).sync();
  driver.messages = [];
  const reply = { kind: 'heartbeat-reply', term: termOf(1), readId: 0 } as const;
  driver.tick(2).step(2, reply).take();
  expect(driver.sent('append-entries')).toEqual([]);
  driver.tick(2).step(2, reply).take();
  expect(driver.sent('append-entries')).toMatchObject([{ to: 2, previousIndex: 2, entries: [] }]);
  // Once for each heartbeat, however many replies there are.
  driver.step(2, reply).take();
  expect(driver.sent('append-entries')).toEqual([]);
});

test('committed entries are handed out once and in order (B22)', () => {
  const driver = new Driver({ voters: [1], log: [1, 1] }).elect([]).sync();
  propose(driver, 2).sync();
  propose(driver, 1).sync();
  expect(driver.committed.map(({ index }) => index)).toEqual([1, 2, 3, 4, 5, 6]);
});
