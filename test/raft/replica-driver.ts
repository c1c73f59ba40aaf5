import { assert } from '../../src/base/assert.ts';
import { Prng } from '../../src/base/prng.ts';
import type { Message } from '../../src/raft/message.ts';
import type { ReadConfirmation, SnapshotRequest } from '../../src/raft/output.ts';
import { Raft } from '../../src/raft/raft.ts';
import {
  type Entry,
  type HardState,
  indexOf,
  replicaIdOf,
  type SnapshotPlace,
  termOf,
} from '../../src/raft/types.ts';

/** One core, driven by hand: the test plays the others and the disk. */
export interface DriverOptions {
  readonly self?: number;
  readonly voters?: readonly number[];
  readonly learners?: readonly number[];
  readonly outgoing?: readonly number[];
  readonly quiesceTicks?: number;
  readonly term?: number;
  readonly votedFor?: number;
  /** The terms of the entries in its log, from index 1. */
  readonly log?: readonly number[];
  /** The log begins after this index. */
  readonly compacted?: number;
  readonly electionTimeoutTicks?: number;
  readonly heartbeatTicks?: number;
  readonly seed?: number;
}

export interface Sent {
  readonly to: number;
  readonly message: Message;
}

export class Driver {
  readonly raft: Raft;
  hardStates: HardState[] = [];
  entries: Entry[] = [];
  messages: Sent[] = [];
  committed: Entry[] = [];
  reads: ReadConfirmation[] = [];
  lostReads: number[] = [];
  snapshotRequests: SnapshotRequest[] = [];
  snapshots: SnapshotPlace[] = [];

  constructor(options: DriverOptions = {}) {
    const {
      self = 1,
      voters = [1, 2, 3],
      learners = [],
      outgoing = [],
      log = [],
      compacted = 0,
    } = options;
    const last = log.at(-1) ?? 0;
    const entries = log.map((term, at) => entryOf(at + 1, term));
    this.raft = new Raft({
      self: replicaIdOf(self),
      configuration: {
        voters: voters.map(replicaIdOf),
        outgoing: outgoing.map(replicaIdOf),
        learners: learners.map(replicaIdOf),
      },
      hardState: {
        term: termOf(options.term ?? last),
        votedFor: replicaIdOf(options.votedFor ?? 0),
      },
      snapshot: {
        index: indexOf(compacted),
        term: termOf(log[compacted - 1] ?? 0),
        timeMs: compacted,
      },
      entries: entries.slice(compacted),
      electionTimeoutTicks: options.electionTimeoutTicks ?? 10,
      heartbeatTicks: options.heartbeatTicks ?? 2,
      quiesceTicks: options.quiesceTicks,
      prng: new Prng(options.seed ?? 1),
    });
  }

  /** Takes outputs, but tells nothing about the disk. */
  take(): this {
    while (this.raft.hasOutput) {
      const output = this.raft.takeOutput();
      if (output.hardState !== undefined) this.hardStates.push(output.hardState);
      this.entries.push(...output.entries);
      this.messages.push(...output.messages);
      this.committed.push(...output.committed);
      this.reads.push(...output.reads);
      this.lostReads.push(...output.lostReads);
      this.snapshotRequests.push(...output.snapshotRequests);
      if (output.snapshot !== undefined) this.snapshots.push(output.snapshot);
    }
    return this;
  }

  /** Takes outputs, and the disk has at once what they ask for. */
  sync(): this {
    while (this.raft.hasOutput) {
      const hardStateCount = this.hardStates.length;
      const entryCount = this.entries.length;
      const snapshotCount = this.snapshots.length;
      this.take();
      const hardState = this.hardStates.slice(hardStateCount).at(-1);
      if (hardState !== undefined) this.raft.saved(hardState);
      const last = this.entries.slice(entryCount).at(-1);
      if (last !== undefined) this.raft.appended(last.index, last.term);
      const place = this.snapshots.slice(snapshotCount).at(-1);
      if (place !== undefined) this.raft.snapshotInstalled(place.index, place.term);
    }
    return this;
  }

  step(from: number, message: Message): this {
    this.raft.step(replicaIdOf(from), message);
    return this;
  }

  tick(count = 1): this {
    for (let at = 0; at < count; at += 1) this.raft.tick();
    return this;
  }

  /** The messages since the last call, those of one kind if it is given. */
  sent<Kind extends Message['kind']>(kind: Kind): (Extract<Message, { kind: Kind }> & To)[] {
    const found: (Extract<Message, { kind: Kind }> & To)[] = [];
    for (const { to, message } of this.messages) {
      if (isKind(message, kind)) found.push({ ...message, to });
    }
    this.messages = [];
    return found;
  }

  /** Becomes leader of the next term with the votes of `voters`. */
  elect(voters: readonly number[] = [2, 3]): this {
    this.raft.campaign();
    const { term } = this.raft;
    for (const voter of voters) {
      this.step(voter, { kind: 'pre-vote-reply', term, granted: true });
    }
    this.sync();
    for (const voter of voters) {
      this.step(voter, { kind: 'request-vote-reply', term: this.raft.term, granted: true });
    }
    assert(this.raft.role === 'leader', 'the driver was elected');
    return this;
  }

  /** Lets `peer` accept up to `matchIndex` in the session that the leader has with it. */
  accept(peer: number, matchIndex: number, session: number): this {
    return this.step(peer, {
      kind: 'append-accepted',
      term: this.raft.term,
      session,
      matchIndex: indexOf(matchIndex),
    });
  }

  /** A leader, replica 2 unless said otherwise, sends entries with these terms. */
  append(options: AppendOptions): this {
    const { from = 2, session = 1, previous = [0, 0], terms = [], commit = 0 } = options;
    const [previousIndex, previousTerm] = previous;
    return this.step(from, {
      kind: 'append-entries',
      term: termOf(options.term),
      session,
      previousIndex: indexOf(previousIndex),
      previousTerm: termOf(previousTerm),
      entries: terms.map((term, at) => entryOf(previousIndex + 1 + at, term)),
      commitIndex: indexOf(commit),
    });
  }
}

interface To {
  readonly to: number;
}

export interface AppendOptions {
  readonly from?: number;
  readonly term: number;
  readonly session?: number;
  readonly previous?: readonly [index: number, term: number];
  readonly terms?: readonly number[];
  readonly commit?: number;
}

export function entryOf(index: number, term: number): Entry {
  return {
    index: indexOf(index),
    term: termOf(term),
    timeMs: index,
    kind: 'effects',
    payload: Buffer.from(`${index}/${term}`),
  };
}

function isKind<Kind extends Message['kind']>(
  message: Message,
  kind: Kind,
): message is Extract<Message, { kind: Kind }> {
  return message.kind === kind;
}
