import { describe, expect, test } from 'vitest';
import { FencepostError } from '../../src/base/errors.ts';
import { Prng } from '../../src/base/prng.ts';
import { encodeConfiguration } from '../../src/raft/configuration-codec.ts';
import type { Message } from '../../src/raft/message.ts';
import { Replica } from '../../src/raft/replica.ts';
import {
  type Configuration,
  type Entry,
  indexOf,
  NOBODY,
  replicaIdOf,
  termOf,
} from '../../src/raft/types.ts';
import { Driver, entryOf } from './replica-driver.ts';

/** The message is nobody's fault but its sender's, and it leaves nothing behind. */
function refuses(driver: Driver, message: Message, from = 2): void {
  const before = shownState(driver);
  let failure: unknown;
  try {
    driver.step(from, message);
  } catch (caught) {
    failure = caught;
  }
  expect(failure).toBeInstanceOf(FencepostError);
  expect(failure).toMatchObject({ code: 'PEER_PROTOCOL' });
  expect(shownState(driver)).toEqual(before);
  expect(driver.raft.hasOutput).toBe(false);
}

function shownState({ raft }: Driver): object {
  const { role, term, leader, commitIndex, lastIndex, lastTerm, configuration } = raft;
  return { role, term, leader, commitIndex, lastIndex, lastTerm, configuration };
}

function follower(): Driver {
  return new Driver({ log: [1, 2] }).append({ term: 2, previous: [2, 2], commit: 1 }).sync();
}

function leader(): Driver {
  return new Driver({ voters: [1, 2, 3] }).elect([2]).sync();
}

/** Entries after (2, 2), in a message of term 3. */
function appendOf(entries: readonly Entry[]): Message {
  return {
    kind: 'append-entries',
    term: termOf(3),
    session: 1,
    previousIndex: indexOf(2),
    previousTerm: termOf(2),
    entries,
    commitIndex: indexOf(0),
  };
}

function configured(payload: Buffer): Entry {
  return { ...entryOf(3, 3), kind: 'configuration', payload };
}

const members = (voters: readonly number[], learners: readonly number[] = []): Configuration => ({
  voters: voters.map(replicaIdOf),
  outgoing: [],
  learners: learners.map(replicaIdOf),
});

const tooLarge = 2 ** 52 + 1;

describe('entries that no leader sends are refused', () => {
  test.each([
    ['a gap before the first', [entryOf(4, 3)]],
    ['a gap between two', [entryOf(3, 3), entryOf(5, 3)]],
    ['one twice', [entryOf(3, 3), entryOf(3, 3)]],
    ['a term that falls', [entryOf(3, 3), entryOf(4, 2)]],
    ['a term below the one before them', [entryOf(3, 1)]],
    ['a term above that of the message', [entryOf(3, 4)]],
    ['a time that falls', [entryOf(3, 3), { ...entryOf(4, 3), timeMs: 2 }]],
    ['a time below the one before them', [{ ...entryOf(3, 3), timeMs: 1 }]],
    ['a time without end', [{ ...entryOf(3, 3), timeMs: tooLarge }]],
    ['members that cannot be decoded', [configured(Buffer.from([9]))]],
    ['members that end early', [configured(encodeConfiguration(members([1])).subarray(0, 2))]],
    ['members without a voter', [configured(encodeConfiguration(members([], [])))]],
    ['members of which one stands twice', [configured(encodeConfiguration(members([1], [1])))]],
    ['members of which one is nobody', [configured(encodeConfiguration(members([NOBODY])))]],
  ] as const)('%s', (_what, entries) => refuses(follower(), appendOf(entries)));

  test('not if they only conflict with what is here: then they are asked about', () => {
    const driver = new Driver({ log: [1, 1, 2, 2] });
    driver.step(2, appendOf([{ ...entryOf(3, 3), timeMs: 1 }])).sync();
    expect(driver.sent('append-rejected')).toHaveLength(1);
  });

  test('not if they are here already, or replace others', () => {
    const driver = new Driver({ log: [1, 2, 2, 2] });
    driver.step(2, appendOf([entryOf(3, 2), { ...entryOf(4, 3), timeMs: 3 }])).sync();
    expect(driver.raft.lastTerm).toBe(3);
  });
});

describe('what a follower is told is refused', () => {
  const heartbeat = { kind: 'heartbeat', readId: 0, quiesce: false } as const;

  test.each([2, 3])('if more is committed than its log has, in term %s', (term) => {
    refuses(follower(), { ...heartbeat, term: termOf(term), commitIndex: indexOf(3) });
  });

  test.each([2 ** 33, Number.MAX_SAFE_INTEGER])('if the term is %s', (term) => {
    refuses(follower(), { ...heartbeat, term: termOf(term), commitIndex: indexOf(0) });
    const pastEnd = { lastIndex: indexOf(9), lastTerm: termOf(9) };
    refuses(follower(), { kind: 'pre-vote', term: termOf(term), ...pastEnd });
    refuses(follower(), { kind: 'stale-term', term: termOf(term) });
  });

  const place = { index: indexOf(9), term: termOf(3), timeMs: 9, configuration: members([1, 2]) };

  test.each([
    ['of a later term than the message', { ...place, term: termOf(4) }],
    ['without an end', { ...place, index: indexOf(tooLarge) }],
    ['of a time without end', { ...place, timeMs: tooLarge }],
    ['without members', { ...place, configuration: members([]) }],
    ['with one member twice', { ...place, configuration: members([1, 1]) }],
  ])('if it is a state %s', (_what, snapshot) => {
    refuses(follower(), { kind: 'install-snapshot', term: termOf(3), session: 1, snapshot });
  });

  test('but a state that is as it should be is taken', () => {
    const message = { kind: 'install-snapshot', term: termOf(3), session: 1 } as const;
    const driver = follower().step(2, { ...message, snapshot: place });
    expect(driver.take().snapshots).toEqual([place]);
  });
});

describe('what a leader is answered is refused', () => {
  test('if more was accepted than its log has', () => {
    const driver = leader();
    const { session } = driver.sent('append-entries')[0] ?? { session: 0 };
    const accepted = { kind: 'append-accepted', term: termOf(1), session } as const;
    refuses(driver, { ...accepted, matchIndex: indexOf(2) });
    driver.step(2, { ...accepted, matchIndex: indexOf(1) });
    expect(driver.raft.commitIndex).toBe(1);
  });

  test('if a read round is confirmed that has not begun', () => {
    const driver = leader();
    refuses(driver, { kind: 'heartbeat-reply', term: termOf(1), readId: 1 });
    driver.step(2, { kind: 'heartbeat-reply', term: termOf(1), readId: 0 });
  });

  test('but not if it speaks of an older session, or comes from nobody that it knows', () => {
    const driver = leader();
    const matchIndex = indexOf(99);
    driver.step(2, { kind: 'append-accepted', term: termOf(1), session: 99, matchIndex });
    driver.step(9, { kind: 'heartbeat-reply', term: termOf(1), readId: 99 });
    expect(driver.raft.role).toBe('leader');
  });
});

test('votes that nobody was asked for yet elect nobody before the own one is on disk', () => {
  const driver = new Driver().tick(20).take();
  const granted = { term: termOf(0), granted: true } as const;
  driver.step(2, { kind: 'pre-vote-reply', ...granted });
  expect(driver.raft.role).toBe('candidate');
  for (const voter of [2, 3]) {
    driver.step(voter, { kind: 'request-vote-reply', ...granted, term: termOf(1) });
  }
  expect(driver.raft.role).toBe('candidate');
  driver.sync();
  expect(driver.raft.role).toBe('leader');
});

test('a leader that is asked to stand for election goes on', () => {
  const driver = leader();
  driver.step(2, { kind: 'timeout-now', term: termOf(1) });
  expect(driver.raft.role).toBe('leader');
});

test('a configuration that cannot be decoded leaves nothing in the log', () => {
  const replica = new Replica({
    self: replicaIdOf(1),
    configuration: members([1]),
    hardState: { term: termOf(3), votedFor: NOBODY },
    snapshot: { index: indexOf(2), term: termOf(2), timeMs: 0 },
    entries: [],
    electionTimeoutTicks: 10,
    heartbeatTicks: 2,
    prng: new Prng(1),
  });
  expect(() => replica.append(configured(Buffer.from([9])))).toThrow(FencepostError);
  expect(replica.log.lastIndex).toBe(2);
});
