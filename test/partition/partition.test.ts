import { describe, expect, test } from 'vitest';
import { Prng } from '../../src/base/prng.ts';
import { Base } from '../../src/keyspace/base.ts';
import { Keyspace } from '../../src/keyspace/keyspace.ts';
import { tokenOf } from '../../src/keyspace/lease.ts';
import { Outcome } from '../../src/partition/outcome.ts';
import { Partition } from '../../src/partition/partition.ts';
import type { Output } from '../../src/raft/output.ts';
import { Raft } from '../../src/raft/raft.ts';
import { type Entry, indexOf, NOBODY, replicaIdOf, termOf } from '../../src/raft/types.ts';
import { integer } from '../../src/resp/reply.ts';
import { SmallCluster } from './small-cluster.ts';

const self = replicaIdOf(2 ** 20 + 1);

/** A partition of one replica with a disk that completes when the test says so. */
class Bench {
  readonly messages: string[] = [];
  readonly disk: Entry[];
  readonly partition: Partition;
  #written: Output[] = [];

  constructor(recovered: readonly Entry[] = [], monotonicMs = 0, lostToken = 0) {
    this.disk = [...recovered];
    const raft = new Raft({
      self,
      configuration: { voters: [self], outgoing: [], learners: [] },
      hardState: { term: recovered.at(-1)?.term ?? termOf(0), votedFor: NOBODY },
      snapshot: { index: indexOf(0), term: termOf(0), timeMs: 0 },
      entries: recovered,
      electionTimeoutTicks: 10,
      heartbeatTicks: 1,
      prng: new Prng(1),
    });
    this.partition = new Partition({
      id: 1,
      raft,
      keyspace: new Keyspace(new Base(16), { leaseGuardPercent: 0 }),
      appliedIndex: indexOf(0),
      appliedTerm: termOf(0),
      appliedTimeMs: 0,
      monotonicMs,
      graceMs: 2_000,
      lostToken: tokenOf(lostToken),
      onPublish: ({ message }) => this.messages.push(message),
    });
  }

  lead(monotonicMs = 0): this {
    this.partition.setTime(monotonicMs, true);
    this.partition.raft.campaign();
    this.settle();
    return this;
  }

  /** Elects the replica whose no-op the disk does not sync before `finish`. */
  electOnly(monotonicMs: number): { readonly partition: Partition; readonly finish: () => void } {
    this.partition.setTime(monotonicMs, true);
    this.partition.raft.campaign();
    this.write();
    this.sync();
    this.write();
    return { partition: this.partition, finish: () => this.settle() };
  }

  /** Hands outputs to the disk, which has not synced them yet. */
  write(): void {
    const { raft } = this.partition;
    while (raft.hasOutput) {
      const output = raft.takeOutput();
      this.partition.noteAppended(output.entries);
      if (output.entries.length > 0 || output.hardState !== undefined) this.#written.push(output);
      this.partition.advance(output);
    }
  }

  /** The disk has synced everything that it was given. */
  sync(): void {
    const { raft } = this.partition;
    const written = this.#written;
    this.#written = [];
    for (const { hardState, entries } of written) {
      this.disk.push(...entries);
      const last = entries.at(-1);
      if (hardState !== undefined) raft.saved(hardState);
      if (last !== undefined) raft.appended(last.index, last.term);
    }
  }

  settle(): void {
    this.write();
    while (this.#written.length > 0) {
      this.sync();
      this.write();
    }
  }

  /** Runs something in a turn of its own and returns its outcome. */
  turn(monotonicMs: number, run: (keyspace: Keyspace) => void, mayExpire = true): Outcome {
    this.partition.setTime(monotonicMs, mayExpire);
    run(this.partition.keyspace);
    const outcome = new Outcome(integer(1), 1);
    this.partition.hold(outcome);
    this.partition.endTurn();
    this.write();
    return outcome;
  }
}

test('a time entry that reaches the disk late in a turn does not set the clock back', () => {
  const bench = new Bench().lead();
  bench.turn(0, (keyspace) => keyspace.put(0, 'k', 'me', 60_000));
  bench.settle();
  const { partition } = bench;
  partition.setTime(5_000, true);
  partition.maybeProposeTime(8, 1_000);
  partition.setTime(5_004, false);
  const before = partition.keyspace.nowMs;
  bench.settle();
  partition.setTime(5_005, true);
  expect(partition.keyspace.nowMs).toBe(before + 1);
});

describe('held outcomes', () => {
  test('a change is answered only after the fsync of its entry', () => {
    const bench = new Bench().lead();
    const outcome = bench.turn(1, (keyspace) => keyspace.put(0, 'k', 'me', 1_000));
    expect(outcome.ready).toBe(false);
    bench.sync();
    bench.write();
    expect(outcome.ready).toBe(true);
  });

  test('a read waits for the fsync of what it saw, and for nothing when all is committed', () => {
    const bench = new Bench().lead();
    bench.turn(1, (keyspace) => keyspace.put(0, 'k', 'me', 1_000));
    const early = bench.turn(2, (keyspace) => keyspace.find(0, 'k'));
    expect(early.ready).toBe(false);
    bench.settle();
    expect(early.ready).toBe(true);
    const late = bench.turn(3, (keyspace) => keyspace.find(0, 'k'));
    expect(late.ready).toBe(true);
  });

  test('giving up answers everything that waits with UNCERTAIN', () => {
    const bench = new Bench().lead();
    const outcome = bench.turn(1, (keyspace) => keyspace.put(0, 'k', 'me', 1_000));
    bench.partition.giveUp('the log could not be written');
    expect(outcome.ready).toBe(true);
    expect(outcome.reply).toMatchObject({
      kind: 'error',
      text: expect.stringMatching(/^UNCERTAIN /),
    });
    expect(bench.partition.ready).toBe(false);
  });

  test('a message reaches subscribers when its entry commits, not before', () => {
    const bench = new Bench().lead();
    bench.turn(1, (keyspace) => keyspace.publish('channel', 'released'));
    expect(bench.messages).toEqual([]);
    bench.settle();
    expect(bench.messages).toEqual(['released']);
  });
});

describe('time', () => {
  test('a lease ends at its time by an effect in the log, and not before', () => {
    const bench = new Bench().lead();
    bench.turn(10, (keyspace) => keyspace.put(0, 'k', 'me', keyspace.nowMs + 100));
    bench.settle();
    bench.partition.setTime(109, true);
    expect(bench.partition.expireDue()).toBe(false);
    expect(bench.partition.keyspace.find(0, 'k')).toBeDefined();
    bench.partition.setTime(110, true);
    bench.partition.expireDue();
    expect(bench.partition.keyspace.effects).toMatchObject([
      { kind: 'expire', key: 'k', token: 1 },
    ]);
    bench.partition.endTurn();
    bench.settle();
    expect(bench.partition.keyspace.base.size(0)).toBe(0);
  });

  test('while the loop is late nothing expires, and a renewal that waited wins', () => {
    const bench = new Bench().lead();
    bench.turn(10, (keyspace) => keyspace.put(0, 'k', 'me', keyspace.nowMs + 100));
    bench.settle();
    bench.turn(
      500,
      (keyspace) => {
        expect(bench.partition.expireDue()).toBe(false);
        const lease = keyspace.find(0, 'k');
        expect(lease?.value).toBe('me');
        if (lease !== undefined) keyspace.moveEnd(lease, keyspace.nowMs + 100);
      },
      false,
    );
    bench.settle();
    bench.partition.setTime(599, true);
    expect(bench.partition.keyspace.find(0, 'k')?.token).toBe(1);
    bench.partition.setTime(600, true);
    expect(bench.partition.keyspace.find(0, 'k')).toBeUndefined();
  });

  test('a lease granted in a late turn lasts its whole time', () => {
    const bench = new Bench().lead();
    bench.turn(5_000, (keyspace) => keyspace.put(0, 'k', 'me', keyspace.nowMs + 100), false);
    bench.settle();
    bench.partition.setTime(5_099, true);
    expect(bench.partition.keyspace.find(0, 'k')).toBeDefined();
    bench.partition.setTime(5_100, true);
    expect(bench.partition.keyspace.find(0, 'k')).toBeUndefined();
  });

  test('after a restart log time goes on from the log, after a grace for the holders', () => {
    const before = new Bench().lead();
    before.turn(1_000, (keyspace) => keyspace.put(0, 'k', 'me', keyspace.nowMs + 5_000));
    before.settle();
    const stampedMs = before.disk.at(-1)?.timeMs ?? 0;

    const after = new Bench(before.disk, 70_000).lead(70_000);
    expect(after.partition.ready).toBe(true);
    const remainingMs = (monotonicMs: number): number => {
      after.partition.setTime(monotonicMs, true);
      const lease = after.partition.keyspace.find(0, 'k');
      return (lease?.expiresAtMs ?? 0) - after.partition.keyspace.nowMs;
    };
    expect(after.partition.keyspace.nowMs).toBe(stampedMs);
    expect(remainingMs(71_999)).toBe(5_000);
    expect(remainingMs(72_000)).toBe(5_000);
    expect(remainingMs(73_000)).toBe(4_000);
    expect(after.partition.keyspace.lastToken).toBe(1);
  });

  test('the grace for the holders begins when the leader can serve them', () => {
    const before = new Bench().lead();
    before.turn(1_000, (keyspace) => keyspace.put(0, 'k', 'me', keyspace.nowMs + 5_000));
    before.settle();
    const stampedMs = before.disk.at(-1)?.timeMs ?? 0;

    const { partition, ...after } = new Bench(before.disk, 70_000).electOnly(70_000);
    expect(partition.ready).toBe(false);
    partition.setTime(73_000, true);
    after.finish();
    expect(partition.ready).toBe(true);
    partition.setTime(75_000, true);
    expect(partition.keyspace.nowMs).toBe(stampedMs);
    partition.setTime(75_500, true);
    expect(partition.keyspace.nowMs).toBe(stampedMs + 500);
  });

  test('a leader that becomes ready while the loop is late expires nothing yet', () => {
    const before = new Bench().lead();
    before.turn(1_000, (keyspace) => keyspace.put(0, 'k', 'me', keyspace.nowMs + 100));
    before.turn(1_000, (keyspace) => keyspace.put(0, 'other', 'me', keyspace.nowMs + 9_000));
    before.turn(5_000, (keyspace) => keyspace.put(0, 'third', 'me', keyspace.nowMs + 9_000), false);
    before.settle();

    for (const readyInTurn of [false, true]) {
      const bench = new Bench(before.disk, 70_000);
      const { partition } = bench;
      const { finish } = bench.electOnly(70_000);
      if (readyInTurn) partition.setTime(70_500, false);
      finish();
      if (!readyInTurn) partition.setTime(70_500, false);
      expect(partition.ready).toBe(true);
      expect(partition.expireDue()).toBe(false);
      expect(partition.keyspace.find(0, 'k')?.value).toBe('me');
      partition.setTime(70_501, true);
      expect(partition.keyspace.find(0, 'k')).toBeUndefined();
    }
  });

  test('without leases a restart holds nothing up', () => {
    const bench = new Bench([], 70_000).lead(70_000);
    const startMs = bench.partition.keyspace.nowMs;
    bench.partition.setTime(70_500, true);
    expect(bench.partition.keyspace.nowMs - startMs).toBe(500);
  });

  test('an idle leader moves log time while leases exist, and writes nothing without them', () => {
    const bench = new Bench().lead();
    const written = bench.disk.length;
    bench.partition.setTime(5_000, true);
    bench.partition.maybeProposeTime(8, 1_000);
    bench.settle();
    expect(bench.disk.length).toBe(written);
    bench.turn(5_001, (keyspace) => keyspace.put(0, 'k', 'me', keyspace.nowMs + 60_000));
    bench.settle();
    bench.partition.setTime(5_900, true);
    bench.partition.maybeProposeTime(8, 1_000);
    bench.settle();
    expect(bench.disk.at(-1)?.kind).toBe('effects');
    bench.partition.setTime(6_001, true);
    bench.partition.maybeProposeTime(8, 1_000);
    bench.settle();
    expect(bench.disk.at(-1)).toMatchObject({ kind: 'time', timeMs: 6_001 });
  });

  test.each([
    [10_000, 1],
    [50_000, 2],
    [100_000, 4],
    [3_600_000, 8],
  ])('log time moves the rarer the longer all leases last: %i ms, every %i s', (ms, seconds) => {
    const bench = new Bench().lead();
    const put = (key: string, ttlMs: number, atMs: number) => {
      bench.turn(atMs, (keyspace) => keyspace.put(0, key, 'me', keyspace.nowMs + ttlMs));
      bench.settle();
    };
    put('last', 3_600_000, 0);
    put('first', ms, 1);
    for (let look = 1; look <= 9; look += 1) {
      bench.partition.setTime(look * 1_000, true);
      bench.partition.maybeProposeTime(look, 1_000);
      bench.settle();
    }
    const times = bench.disk.filter(({ kind }) => kind === 'time').map(({ timeMs }) => timeMs);
    const rounds = Array.from({ length: 9 }, (_, at) => at + 1);
    expect(times).toEqual(rounds.filter((at) => at % seconds === 0).map((at) => at * 1_000));
  });
});

test('after a repair tokens go on far above those that the cut entries may have granted', () => {
  const before = new Bench().lead();
  before.turn(1, (keyspace) => keyspace.put(0, 'k', 'me', 1_000));
  before.settle();
  const after = new Bench(before.disk, 0, 2 ** 40).lead();
  after.turn(10_000, (keyspace) => keyspace.put(0, 'other', 'me', keyspace.nowMs + 1));
  after.settle();
  expect(after.partition.keyspace.base.find(0, 'other')?.token).toBe(2 ** 40 + 1);
  const again = new Bench(after.disk, 0, 2 ** 40).lead();
  expect(again.partition.keyspace.lastToken).toBe(2 ** 40 + 1);
});

describe('a replica among others', () => {
  test('takes in the scripts of another leader, and delivers its messages', () => {
    const cluster = new SmallCluster().lead(1);
    const { keyspace } = cluster.node(1).partition(0);
    keyspace.addScript('sha', 'return 1');
    keyspace.publish('channel', 'said');
    cluster.run(200);
    const follower = cluster.node(2).partition(0);
    expect(follower.keyspace.findScript('sha')).toBe('return 1');
    expect(follower.scriptsIndex).toBe(follower.appliedIndex);
    expect(cluster.node(2).heard).toEqual(['said']);
  });

  test('that hands its leadership over drops what it cannot propose, and nothing else', () => {
    const cluster = new SmallCluster().lead(1);
    const partition = cluster.node(1).partition(1);
    const [before, after] = [new Outcome(integer(1), 1), new Outcome(integer(2), 1)];
    partition.keyspace.put(0, 'before', 'me', 0);
    partition.hold(before);
    cluster.node(1).endTurn();
    partition.raft.transferLeadership(cluster.node(2).raft(1).self);
    partition.keyspace.put(0, 'after', 'me', 0);
    partition.hold(after);
    const losses: string[] = [];
    after.onLoss({ lost: (loss) => losses.push(loss) });
    cluster.settle();
    expect(before).toMatchObject({ ready: true, reply: integer(1) });
    expect(losses).toEqual(['dropped']);
    const { base } = cluster.node(2).partition(1).keyspace;
    expect([base.find(0, 'before')?.value, base.find(0, 'after')]).toEqual(['me', undefined]);
  });

  test('goes on from a snapshot that took the place of its state', () => {
    const { partition } = new Bench();
    const base = new Base(16);
    base.restoreToken(tokenOf(7));
    partition.setTime(500, true);
    partition.replaceBase(base, { index: indexOf(9), term: termOf(3), timeMs: 4_000 });
    expect(partition.keyspace.base).toBe(base);
    expect(partition.keyspace.lastToken).toBe(7);
    expect([partition.appliedIndex, partition.appliedTerm, partition.appliedTimeMs]).toEqual([
      9, 3, 4_000,
    ]);
  });

  test('forgets entries that a checkpoint covers, except those a follower still lacks', () => {
    const cluster = new SmallCluster().lead(1);
    const partition = cluster.node(1).partition(1);
    cluster.cut(1, 3);
    partition.keyspace.put(0, 'k', 'me', 0);
    cluster.settle();
    const lacking = partition.appliedIndex;
    partition.compactUpTo(lacking);
    cluster.heal();
    cluster.run(1_000);
    expect(cluster.node(3).partition(1).keyspace.base.find(0, 'k')?.value).toBe('me');
  });
});
