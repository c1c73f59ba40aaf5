import { beforeEach, expect, test } from 'vitest';
import type { ControlMessage } from '../../src/node/control-message.ts';
import { RecordCheck } from '../../src/node/record-check.ts';
import type { Outcome } from '../../src/partition/outcome.ts';
import type { Partition } from '../../src/partition/partition.ts';
import { indexOf, NOBODY, replicaOf, termOf } from '../../src/raft/types.ts';

/** A replica of the meta group, or a group that is led here, as far as the check looks at it. */
class SeenPartition {
  readonly id: number;
  ready = true;
  appliedIndex = indexOf(5);
  readonly raft = { term: termOf(3), leader: replicaOf(1, 1) };
  readonly held: Outcome[] = [];

  constructor(id: number) {
    this.id = id;
  }

  hold(outcome: Outcome): void {
    this.held.push(outcome);
  }

  // `as`: the check asks no more than this of a group.
  get partition(): Partition {
    return this as unknown as Partition;
  }
}

class SeenNode {
  readonly meta = new SeenPartition(0);
  readonly group = new SeenPartition(1);
  readonly passed: ControlMessage[] = [];
  readonly sent: ControlMessage[] = [];
  readonly check: RecordCheck;

  constructor(nodeId: number, leadsMeta: boolean) {
    this.meta.ready = leadsMeta;
    this.check = new RecordCheck({
      nodeId,
      meta: this.meta.partition,
      pass: (question) => this.passed.push(question),
      send: (_nodeId, answer) => this.sent.push(answer),
    });
  }

  look(): void {
    this.check.look([this.meta.partition, this.group.partition]);
  }

  get isCurrent(): boolean {
    return this.check.isCurrent(this.group.partition);
  }

  take(message: ControlMessage | undefined): void {
    if (message?.kind === 'record-asked') this.check.asked(message);
    if (message?.kind === 'record-known') this.check.known(message);
  }
}

let leader: SeenNode;
let other: SeenNode;

beforeEach(() => {
  leader = new SeenNode(1, true);
  other = new SeenNode(2, false);
});

test('a record is acted on once all that the meta leader knows of it is applied', () => {
  leader.meta.appliedIndex = indexOf(9);
  other.look();
  expect(other.isCurrent).toBe(false);
  leader.take(other.passed[0]);
  // Nothing is answered before a majority has confirmed that it still leads.
  expect(leader.sent).toEqual([]);
  leader.meta.held[0]?.release();
  expect(leader.sent).toMatchObject([{ kind: 'record-known', nodeId: 2, number: 1, index: 9 }]);
  other.take(leader.sent[0]);
  expect(other.isCurrent).toBe(false);
  other.meta.appliedIndex = indexOf(9);
  other.look();
  expect(other.isCurrent).toBe(true);
  expect(other.passed).toHaveLength(1);
});

test('each term in which a group is led asks anew', () => {
  other.look();
  leader.take(other.passed[0]);
  leader.meta.held[0]?.release();
  other.take(leader.sent[0]);
  expect(other.isCurrent).toBe(true);
  other.group.raft.term = termOf(4);
  expect(other.isCurrent).toBe(false);
});

test('an answer to an earlier question says nothing about a term that began after it', () => {
  other.look();
  leader.take(other.passed[0]);
  leader.meta.held[0]?.release();
  other.group.raft.term = termOf(4);
  other.look();
  other.take(leader.sent[0]);
  expect(other.isCurrent).toBe(false);
});

test('who no longer leads the meta group confirms nothing, to others or to itself', () => {
  other.look();
  leader.take(other.passed[0]);
  leader.look();
  for (const outcome of leader.meta.held) outcome.lose('unknown', 'the leader was lost');
  expect(leader.meta.held).toHaveLength(2);
  expect(leader.sent).toEqual([]);
  expect(leader.isCurrent).toBe(false);
});

test('the leader of the meta group confirms its own record as a read', () => {
  leader.look();
  expect(leader.isCurrent).toBe(false);
  leader.meta.held[0]?.release();
  expect(leader.isCurrent).toBe(true);
});

test('a group whose leader gets no answer is to be led by somebody else', () => {
  for (let second = 0; second < 10; second += 1) other.look();
  expect(other.check.waitsLong(other.group.partition)).toBe(false);
  other.look();
  expect(other.check.waitsLong(other.group.partition)).toBe(true);
  other.group.raft.term = termOf(4);
  other.look();
  expect(other.check.waitsLong(other.group.partition)).toBe(false);
});

test('a node that no meta leader speaks to for long goes by its record no more', () => {
  other.look();
  leader.take(other.passed[0]);
  leader.meta.held[0]?.release();
  other.take(leader.sent[0]);
  expect(other.isCurrent).toBe(true);
  other.meta.raft.leader = NOBODY;
  for (let second = 0; second < 11; second += 1) other.look();
  expect(other.isCurrent).toBe(false);
});
