import { expect, test } from 'vitest';
import { indexOf, replicaIdOf, termOf } from '../../src/raft/types.ts';
import { Driver } from './replica-driver.ts';

function requestVote(term: number, lastIndex = 0, lastTerm = 0) {
  return {
    kind: 'request-vote',
    term: termOf(term),
    lastIndex: indexOf(lastIndex),
    lastTerm: termOf(lastTerm),
    transfer: false,
  } as const;
}

function preVote(term: number, lastIndex = 0, lastTerm = 0) {
  const { transfer: _, ...vote } = requestVote(term, lastIndex, lastTerm);
  return { ...vote, kind: 'pre-vote' } as const;
}

test('a replica starts as a follower without a leader (thesis 3.3)', () => {
  const { raft } = new Driver({ term: 4 });
  expect([raft.role, raft.term, raft.leader]).toEqual(['follower', 4, 0]);
});

test('a message of a newer term makes a follower of a leader (thesis 3.3)', () => {
  const driver = new Driver().elect().sync();
  driver.step(3, { kind: 'stale-term', term: termOf(7) }).sync();
  expect([driver.raft.role, driver.raft.term, driver.raft.leader]).toEqual(['follower', 7, 0]);
  expect(driver.hardStates.at(-1)).toEqual({ term: 7, votedFor: 0 });
});

test('a request of an older term is refused with the newer term (thesis 3.3)', () => {
  const driver = new Driver({ term: 5 });
  driver
    .step(2, requestVote(4, 9, 4))
    .append({ from: 3, term: 4 })
    .sync();
  expect(driver.messages.map(({ to, message }) => [to, message.kind, message.term])).toEqual([
    [2, 'request-vote-reply', 5],
    [3, 'stale-term', 5],
  ]);
  expect(driver.raft.leader).toBe(0);
});

test('a follower stands for election after its timeout, with a pre-vote (thesis 3.4, 9.6)', () => {
  const driver = new Driver({ log: [1, 2] }).tick(20).take();
  expect(driver.raft.role).toBe('pre-candidate');
  expect(driver.raft.term).toBe(2);
  expect(driver.hardStates).toEqual([]);
  expect(
    driver.sent('pre-vote').map(({ to, lastIndex, lastTerm }) => [to, lastIndex, lastTerm]),
  ).toEqual([
    [2, 2, 2],
    [3, 2, 2],
  ]);
});

test('election timeouts are random, above the base and below twice of it (thesis 3.4, B8)', () => {
  const seen = new Set<number>();
  for (let seed = 1; seed <= 200; seed += 1) {
    const driver = new Driver({ seed });
    let ticks = 0;
    while (driver.raft.role === 'follower') {
      driver.tick();
      ticks += 1;
    }
    seen.add(ticks);
  }
  expect(Math.min(...seen)).toBe(11);
  expect(Math.max(...seen)).toBe(19);
  expect(seen.size).toBe(9);
});

test('heartbeats keep a follower from standing for election (thesis 3.4)', () => {
  const driver = new Driver();
  for (let round = 0; round < 20; round += 1) {
    driver.tick(9).step(2, {
      kind: 'heartbeat',
      term: termOf(1),
      commitIndex: indexOf(0),
      readId: 0,
      quiesce: false,
    });
  }
  expect(driver.raft.role).toBe('follower');
  expect(driver.raft.leader).toBe(2);
});

test('a candidate raises its term and votes for itself (thesis 3.4)', () => {
  const driver = new Driver({ term: 3 });
  driver.raft.campaign();
  driver.step(2, { kind: 'pre-vote-reply', term: termOf(3), granted: true }).take();
  expect([driver.raft.role, driver.raft.term]).toEqual(['candidate', 4]);
  expect(driver.hardStates).toEqual([{ term: 4, votedFor: 1 }]);
});

test('vote requests and the own vote wait for the disk (thesis 3.8, B1)', () => {
  const driver = new Driver();
  driver.raft.campaign();
  driver.step(2, { kind: 'pre-vote-reply', term: termOf(0), granted: true }).take();
  expect(driver.sent('request-vote')).toEqual([]);
  driver.step(2, { kind: 'request-vote-reply', term: termOf(1), granted: true });
  expect(driver.raft.role).toBe('candidate');
  driver.raft.saved({ term: termOf(1), votedFor: replicaIdOf(1) });
  expect(driver.raft.role).toBe('leader');
  expect(driver.take().sent('request-vote')).toHaveLength(2);
});

test('an older hard state on disk is no permission for the newer one (thesis 3.8)', () => {
  const driver = new Driver().step(2, requestVote(1)).take();
  driver.step(3, requestVote(2)).take();
  driver.raft.saved({ term: termOf(1), votedFor: replicaIdOf(2) });
  expect(driver.take().messages).toEqual([]);
  driver.raft.saved({ term: termOf(2), votedFor: replicaIdOf(3) });
  expect(driver.take().messages).toEqual([
    { to: 3, message: { kind: 'request-vote-reply', term: 2, granted: true } },
  ]);
});

test('a replica votes once a term, first come first served (thesis 3.4)', () => {
  const driver = new Driver().step(2, requestVote(1)).step(3, requestVote(1)).sync();
  driver.step(2, requestVote(1)).sync();
  const replies = driver.sent('request-vote-reply').map(({ to, granted }) => [to, granted]);
  expect(replies).toEqual([
    [2, true],
    [3, false],
    [2, true],
  ]);
});

test('a vote is kept over a restart (thesis 3.8, B1)', () => {
  const driver = new Driver({ term: 1, votedFor: 2 }).step(3, requestVote(1, 9, 1)).sync();
  expect(driver.sent('request-vote-reply').map(({ granted }) => granted)).toEqual([false]);
});

test.each([
  { log: [1, 2], last: [1, 3], granted: true, why: 'a later last term wins over a longer log' },
  {
    log: [1, 3],
    last: [9, 2],
    granted: false,
    why: 'an earlier last term loses with a longer log',
  },
  { log: [1, 2], last: [2, 2], granted: true, why: 'an equal log wins' },
  { log: [1, 2], last: [3, 2], granted: true, why: 'in one last term the longer log wins' },
  { log: [1, 2, 2], last: [2, 2], granted: false, why: 'in one last term the shorter log loses' },
] as const)('$why (thesis 3.6.1, B17)', ({ log, last, granted }) => {
  const [lastIndex, lastTerm] = last;
  const driver = new Driver({ log, term: 5 });
  driver.step(2, preVote(5, lastIndex, lastTerm)).step(2, requestVote(6, lastIndex, lastTerm));
  driver.sync();
  const answers = driver.messages.map(({ message }) => 'granted' in message && message.granted);
  expect(answers).toEqual([granted, granted]);
});

test.each([
  { voters: [1], needed: 0 },
  { voters: [1, 2], needed: 1 },
  { voters: [1, 2, 3], needed: 1 },
  { voters: [1, 2, 3, 4], needed: 2 },
  { voters: [1, 2, 3, 4, 5], needed: 2 },
])(
  'of $voters a candidate needs itself and $needed more (thesis 3.4, B18)',
  ({ voters, needed }) => {
    const driver = new Driver({ voters });
    driver.raft.campaign();
    for (const voter of voters.slice(1)) {
      driver.step(voter, { kind: 'pre-vote-reply', term: termOf(0), granted: true });
    }
    driver.sync();
    for (const [at, voter] of voters.slice(1).entries()) {
      expect(driver.raft.role === 'leader').toBe(at >= needed);
      driver.step(voter, { kind: 'request-vote-reply', term: termOf(1), granted: true });
    }
    expect(driver.raft.role).toBe('leader');
  },
);

test('one voter does not count twice, and learners and strangers do not count (B18)', () => {
  const driver = new Driver({ voters: [1, 2, 3, 4, 5], learners: [6] });
  driver.raft.campaign();
  for (const id of [2, 2, 6, 7]) {
    driver.step(id, { kind: 'pre-vote-reply', term: termOf(0), granted: true });
  }
  expect(driver.raft.role).toBe('pre-candidate');
});

test('a candidate that a majority refuses becomes a follower (thesis 3.4)', () => {
  const driver = new Driver();
  driver.raft.campaign();
  driver.step(2, { kind: 'pre-vote-reply', term: termOf(0), granted: false });
  expect(driver.raft.role).toBe('pre-candidate');
  driver.step(3, { kind: 'pre-vote-reply', term: termOf(0), granted: false });
  expect(driver.raft.role).toBe('follower');
});

test('a candidate that hears the leader of its term follows it (thesis 3.4)', () => {
  const driver = new Driver();
  driver.raft.campaign();
  driver.step(2, { kind: 'pre-vote-reply', term: termOf(0), granted: true }).sync();
  driver.append({ from: 3, term: 1, terms: [1] });
  expect([driver.raft.role, driver.raft.leader, driver.raft.term]).toEqual(['follower', 3, 1]);
});

test('a candidate without a majority tries again after another timeout (thesis 3.4)', () => {
  const driver = new Driver();
  driver.raft.campaign();
  driver.step(2, { kind: 'pre-vote-reply', term: termOf(0), granted: true }).sync();
  expect(driver.raft.role).toBe('candidate');
  driver.tick(20);
  expect(driver.raft.role).toBe('pre-candidate');
  driver.step(2, { kind: 'pre-vote-reply', term: termOf(1), granted: true }).sync();
  expect([driver.raft.role, driver.raft.term]).toEqual(['candidate', 2]);
});

test('a pre-vote changes neither term nor vote nor timer of the voter (thesis 9.6)', () => {
  const driver = new Driver({ term: 2 }).tick(5).step(2, preVote(8)).step(3, preVote(8)).take();
  expect(driver.sent('pre-vote-reply').map(({ term, granted }) => [term, granted])).toEqual([
    [8, true],
    [8, true],
  ]);
  expect(driver.raft.term).toBe(2);
  expect(driver.hardStates).toEqual([]);
});

test('a pre-vote from an older term is refused with the newer term (thesis 9.6)', () => {
  const driver = new Driver({ term: 6 }).step(2, preVote(4, 9, 4)).take();
  expect(driver.sent('pre-vote-reply')).toMatchObject([{ term: 6, granted: false }]);
});

test('whoever hears its leader grants no pre-vote and enters no newer term (thesis 4.2.3)', () => {
  const driver = new Driver()
    .append({ term: 1, terms: [1] })
    .sync()
    .tick(9);
  driver.messages = [];
  driver
    .step(3, preVote(1, 9, 1))
    .step(3, requestVote(2, 9, 1))
    .sync();
  expect(driver.messages).toEqual([
    { to: 3, message: { kind: 'pre-vote-reply', term: 1, granted: false } },
  ]);
  expect(driver.raft.term).toBe(1);
  driver
    .tick()
    .step(3, requestVote(2, 9, 1))
    .sync();
  expect(driver.sent('request-vote-reply')).toMatchObject([{ term: 2, granted: true }]);
});

test('a leader hears itself and ignores a vote request (thesis 4.2.3)', () => {
  const driver = new Driver()
    .elect()
    .sync()
    .step(2, requestVote(9, 9, 8))
    .sync();
  expect([driver.raft.role, driver.raft.term]).toEqual(['leader', 1]);
});

test('who voted in a newer term tells the old leader so (B2)', () => {
  const driver = new Driver()
    .append({ term: 1, terms: [1] })
    .sync()
    .tick(10);
  driver.step(3, requestVote(2, 1, 1)).sync();
  driver.messages = [];
  driver.append({ term: 1, previous: [1, 1], terms: [1] }).sync();
  expect(driver.messages).toEqual([{ to: 2, message: { kind: 'stale-term', term: 2 } }]);
  expect(driver.raft.lastIndex).toBe(1);
});

test('a learner stands for no election but votes (thesis 4.2.1, B26)', () => {
  const driver = new Driver({ self: 4, learners: [4] }).tick(50);
  driver.raft.campaign();
  expect(driver.raft.role).toBe('learner');
  driver.step(2, preVote(0)).step(2, requestVote(1)).sync();
  expect(driver.messages.map(({ message }) => 'granted' in message && message.granted)).toEqual([
    true,
    true,
  ]);
});

test('a replica outside its configuration stands for no election', () => {
  const driver = new Driver({ self: 9 }).tick(50);
  expect(driver.raft.role).toBe('follower');
  expect(driver.take().messages).toEqual([]);
});

test('a leader that no majority answers steps down within two timeouts (thesis 6.2)', () => {
  const driver = new Driver({ voters: [1, 2, 3, 4, 5], learners: [6] }).elect([2, 3]).sync();
  const answer = (from: number) =>
    driver.step(from, { kind: 'heartbeat-reply', term: termOf(1), readId: 0 });
  for (let round = 0; round < 5; round += 1) {
    answer(2);
    answer(3);
    driver.tick(10);
  }
  expect(driver.raft.role).toBe('leader');
  answer(2);
  answer(6);
  driver.tick(20);
  expect([driver.raft.role, driver.raft.term, driver.raft.leader]).toEqual(['follower', 1, 0]);
});

test('a leader sends heartbeats to everybody in rising order (thesis 3.4)', () => {
  const driver = new Driver({ self: 3, voters: [5, 3, 1], learners: [4, 2] });
  driver.elect([5, 1]).sync();
  driver.messages = [];
  driver.tick(2).take();
  expect(driver.sent('heartbeat').map(({ to }) => to)).toEqual([1, 2, 4, 5]);
});
