import { describe, expect, test } from 'vitest';
import { LeaseBook } from '../../sim/lease-book.ts';
import { checkLeases } from '../../sim/liveness.ts';
import { MemberJudge } from '../../sim/member-judge.ts';
import { MessageJudge } from '../../sim/message-judge.ts';
import { ReplicaLog } from '../../sim/replica-log.ts';
import { Scheduler } from '../../sim/scheduler.ts';
import { TransactionJudge } from '../../sim/transaction-judge.ts';
import { leaseOf, tokenOf } from '../../src/keyspace/lease.ts';
import { encodeConfiguration } from '../../src/raft/configuration-codec.ts';
import {
  type Configuration,
  type Entry,
  indexOf,
  replicaOf,
  termOf,
} from '../../src/raft/types.ts';
import { array, bulk, integer, NULL } from '../../src/resp/reply.ts';

const [one, two, three, four] = [1, 2, 3, 4].map((nodeId) => replicaOf(nodeId, 1));
const ids = [one, two, three, four].filter((id) => id !== undefined);
const founders = ids.slice(0, 3);
const later = ids.slice(1);
const joint: Configuration = { voters: later, outgoing: founders, learners: [] };
const final: Configuration = { voters: later, outgoing: [], learners: [] };

function entryOf(index: number, configuration: Configuration): Entry {
  const payload = encodeConfiguration(configuration);
  return { index: indexOf(index), term: termOf(1), timeMs: 0, kind: 'configuration', payload };
}

function logOf(judge: MemberJudge, ...configurations: readonly Configuration[]): ReplicaLog {
  const log = new ReplicaLog();
  for (const [at, configuration] of configurations.entries()) {
    const entry = entryOf(at + 1, configuration);
    log.written([entry]);
    judge.appended(log, entry);
  }
  return log;
}

describe('the judge of members', () => {
  const leading = { self: replicaOf(2, 1), term: 1, configuration: final };

  test('takes a change through a joint configuration', () => {
    const judge = new MemberJudge('a group', founders);
    const log = logOf(judge, joint, final);
    judge.checkOneChange(log, 1);
    judge.removed(1);
    judge.checkMembers(leading, log);
  });

  test('finds voters that change in one step', () => {
    const judge = new MemberJudge('a group', founders);
    expect(() => logOf(judge, final)).toThrow('through a joint configuration');
  });

  test('finds two changes of which none is committed', () => {
    const judge = new MemberJudge('a group', founders);
    const log = logOf(judge, joint, final);
    expect(() => judge.checkOneChange(log, 0)).toThrow('one change of the members at a time');
  });

  test('finds a leader without the votes of both majorities', () => {
    const judge = new MemberJudge('a group', founders);
    const log = logOf(judge, joint);
    const { self } = leading;
    for (const id of later) {
      if (id !== replicaOf(3, 1)) judge.voted(id, { term: termOf(1), votedFor: self });
    }
    const elect = (): void => judge.checkElected({ ...leading, configuration: joint }, log);
    expect(elect).toThrow('who leads has the votes of a majority');
    judge.voted(replicaOf(1, 1), { term: termOf(1), votedFor: self });
    expect(elect).not.toThrow();
  });

  test('finds a replica that votes twice in a term', () => {
    const judge = new MemberJudge('a group', founders);
    judge.voted(leading.self, { term: termOf(1), votedFor: replicaOf(2, 1) });
    const again = { term: termOf(1), votedFor: replicaOf(3, 1) };
    expect(() => judge.voted(leading.self, again)).toThrow('one vote a term');
  });

  test('finds a node that counts after it was removed, and members that no log names', () => {
    const judge = new MemberJudge('a group', founders);
    const log = logOf(judge, joint);
    judge.removed(1);
    const members = { ...leading, configuration: joint };
    expect(() => judge.checkMembers(members, log)).toThrow('a removed node never counts');
    expect(() => judge.checkMembers(leading, log)).toThrow('those that the log names');
  });
});

describe('the judge of messages', () => {
  function judgeOf(): MessageJudge {
    const judge = new MessageJudge(() => 0);
    for (const message of ['x', 'y', 'z']) {
      judge.committed({ kind: 'publish', channel: 'c', message });
    }
    return judge;
  }

  test.each([
    [['x', 'x'], 'once and in order'],
    [['y', 'x'], 'once and in order'],
    [['x', 'z'], 'no message is left out'],
    [['w'], 'only what is committed is heard'],
  ])('finds what is wrong with %j', (messages, invariant) => {
    const judge = judgeOf();
    const listener = judge.listens(1, 'c');
    for (const message of messages) judge.heard(listener, message);
    expect(() => judge.settle()).toThrow(invariant);
  });

  test('takes messages in order, and a gap where a snapshot came', () => {
    const judge = judgeOf();
    const listener = judge.listens(1, 'c');
    judge.heard(listener, 'x');
    judge.settle();
    judge.skipped(1);
    judge.heard(listener, 'z');
    judge.settle();
    expect(judge.heardCount).toBe(2);
  });

  test('finds an acknowledged message that is not committed, and a refused one that is', () => {
    expect(() => judgeOf().acknowledged('c', 'w', 1)).toThrow('is committed');
    expect(() => judgeOf().refused('c', 'x')).toThrow('never published');
  });
});

function bookOf(): LeaseBook {
  const scheduler = new Scheduler();
  const book = new LeaseBook(scheduler, 1);
  const commit = (atMs: number, key: string, value: string, token: number): void => {
    while (scheduler.step(atMs * 1_000));
    const says = { db: 0, key, value, token: tokenOf(token), requestId: '' };
    const lease = leaseOf({ ...says, expiresAtMs: 9_000, endsAtMs: 9_000 });
    const entry = { ...entryOf(token, final), timeMs: atMs };
    const effects = [{ kind: 'put', lease, minted: true } as const];
    book.committed(1, entry, { effects, appendedAtMicros: atMs * 1_000 });
  };
  commit(100, 'a', 'x', 1);
  commit(200, 'b', 'y', 2);
  return book;
}

describe('the judge of transactions', () => {
  const span = { arrivedAtMicros: 150_000, answeredAtMicros: 250_000 };
  const queue = [
    { kind: 'read', key: 'a' },
    { kind: 'acquire', key: 'b', owner: 'y' },
  ] as const;
  const unwatched = { queue, watched: [], watchedAtMicros: 0 };
  const judge = new TransactionJudge(bookOf());

  test('takes what some moment explains', () => {
    judge.executed(unwatched, [bulk('x'), integer(2)], span);
    judge.executed(
      { ...unwatched, watched: ['a'], watchedAtMicros: 120_000 },
      [...[bulk('x'), integer(2)]],
      span,
    );
    expect(judge.executedCount).toBe(2);
  });

  test.each([
    ['a stale read', [NULL, integer(2)]],
    ['another token', [bulk('x'), integer(7)]],
    ['a refusal of a free lock', [bulk('z'), NULL]],
    ['too few replies', [bulk('x')]],
    ['a reply of another kind', [bulk('x'), array([])]],
  ])('finds %s', (_, replies) => {
    expect(() => judge.executed(unwatched, replies, span)).toThrow('runs as one unit');
  });

  test('finds a queue that ran although a watched key had changed', () => {
    const watched = { queue, watched: ['a'], watchedAtMicros: 50_000 };
    const run = (): void => judge.executed(watched, [bulk('x'), integer(2)], span);
    expect(run).toThrow('no watched key has changed');
  });

  test('finds the lease of a queue that did not run', () => {
    expect(() => judge.aborted({ queue }, 300_000)).toThrow('aborted did not happen');
  });
});

test('a replica without a lease that the log holds is found', () => {
  const book = bookOf();
  const seen = { partition: 1, where: 'node 4', applied: 2, base: { find: () => undefined } };
  expect(() => checkLeases(book, seen)).toThrow('no lease is lost');
});
