import { assert } from '../base/assert.ts';
import { advanceCommit, hasCommittedInTerm } from './commitment.ts';
import { countOwnVote, startElection, tickElection } from './election.ts';
import { replyAccepted } from './following.ts';
import { startReadRound, tickLeader } from './heartbeat.ts';
import type { Message } from './message.ts';
import { emptyOutput, noEntries, type Output } from './output.ts';
import type { PeerProgress } from './progress.ts';
import { type RaftOptions, Replica, type Role } from './replica.ts';
import { appendEntry, sendDueAppends } from './replication.ts';
import { resetElectionTimer } from './roles.ts';
import { step } from './step.ts';
import {
  type Configuration,
  type Entry,
  type HardState,
  type Index,
  indexOf,
  type ReplicaId,
  type SnapshotPlace,
  type Term,
} from './types.ts';

/**
 * One replica of one Raft group: a state machine without clock, chance, disk or network. Inputs
 * are the methods below; what they want done is collected and handed over by `takeOutput`, once
 * a turn. Disk completion is an input: `saved` and `appended` say what is durable, and nothing
 * is acknowledged, counted or confirmed before.
 *
 * Not in this version, and therefore in no message: snapshots to followers, changes of the
 * members, transfer of the leadership.
 */
export class Raft {
  readonly #replica: Replica;

  constructor(options: RaftOptions) {
    for (const entry of options.entries) {
      assert(entry.kind !== 'configuration', 'members do not change in this version');
    }
    this.#replica = new Replica(options);
    resetElectionTimer(this.#replica);
  }

  get self(): ReplicaId {
    return this.#replica.self;
  }

  get role(): Role | 'learner' {
    const { role, configuration, self } = this.#replica;
    return role === 'follower' && configuration.learners.includes(self) ? 'learner' : role;
  }

  get term(): Term {
    return this.#replica.term;
  }

  /** The leader of this term; NOBODY while it is not known. */
  get leader(): ReplicaId {
    return this.#replica.leader;
  }

  get commitIndex(): Index {
    return this.#replica.commitIndex;
  }

  /** The log up to here is on this replica's disk. */
  get durableIndex(): Index {
    return this.#replica.durability.durableIndex;
  }

  get lastIndex(): Index {
    return this.#replica.log.lastIndex;
  }

  get lastTerm(): Term {
    return this.#replica.log.lastTerm;
  }

  get lastTimeMs(): number {
    return this.#replica.log.lastTimeMs;
  }

  get configuration(): Configuration {
    return this.#replica.configuration;
  }

  /**
   * Whether this replica leads and the no-op of its term is committed. Before that it does not
   * know what is committed; commands run only once the no-op is applied as well.
   */
  get leaderReady(): boolean {
    return hasCommittedInTerm(this.#replica);
  }

  /** What a leader knows of the others, in rising order; empty on every other replica. */
  progress(): readonly PeerProgress[] {
    const peers = this.#replica.leadership?.peers.values() ?? [];
    return Array.from(peers, (peer) => ({
      id: peer.id,
      isLearner: peer.isLearner,
      state: peer.state,
      matchIndex: peer.matchIndex,
      nextIndex: peer.nextIndex,
      isActive: peer.isActive,
    }));
  }

  /** Log time in ms for an entry that the core makes by itself; set before every input. */
  setTime(timeMs: number): void {
    assert(Number.isSafeInteger(timeMs), 'log time is whole milliseconds');
    this.#replica.timeMs = timeMs;
  }

  tick(): void {
    if (this.#replica.role === 'leader') tickLeader(this.#replica);
    else tickElection(this.#replica);
  }

  /** Stands for election now, if this replica is a voter and does not lead. */
  campaign(): void {
    startElection(this.#replica);
  }

  step(from: ReplicaId, message: Message): void {
    step(this.#replica, from, message);
  }

  /**
   * Appends an entry to the log of a leader.
   *
   * @param timeMs its log time; raised to that of the entry before it, if it is lower
   * @returns its index, or undefined if this replica does not lead
   */
  propose(kind: 'effects' | 'time', payload: Buffer, timeMs: number): Index | undefined {
    if (this.#replica.role !== 'leader') return undefined;
    return appendEntry(this.#replica, kind, payload, timeMs);
  }

  /**
   * Asks for a confirmation that this replica still leads (thesis 6.4). All calls between two
   * `takeOutput` get the same id.
   *
   * @returns the id that `reads` or `lostReads` of an output will name, or undefined unless
   *   `leaderReady`
   */
  readIndex(): number | undefined {
    const { leadership } = this.#replica;
    if (leadership === undefined || !hasCommittedInTerm(this.#replica)) return undefined;
    return leadership.reads.join();
  }

  /** Whether nothing is due, and ticks can be left out (`quiesce.ts`). */
  get quiesced(): boolean {
    return false;
  }

  /** Lets ticks count again: `silentTicks` of them passed since the leader's node was heard. */
  wake(_silentTicks = 0): void {}

  /** Whether this leader hands its leadership over and takes no proposals (thesis 3.10). */
  get transferring(): boolean {
    return false;
  }

  /** Hands the leadership over to a voter; true if that has begun. */
  transferLeadership(_to: ReplicaId): boolean {
    return false;
  }

  /** Changes the members (thesis 4). */
  proposeConfiguration(
    _target: Pick<Configuration, 'voters' | 'learners'>,
    _timeMs: number,
  ): Index | undefined | 'busy' {
    return undefined;
  }

  /** The other node has all of the state that was requested for `to`. */
  snapshotSent(_to: ReplicaId, _session: number, _place: SnapshotPlace): void {}

  /** The state that was requested for `to` did not arrive. */
  snapshotFailed(_to: ReplicaId, _session: number): void {}

  /** The disk and the state in memory are those of the output's `snapshot`. */
  snapshotInstalled(_index: Index, _term: Term): void {}

  /** The disk has this hard state. */
  saved(hardState: HardState): void {
    const replica = this.#replica;
    if (!replica.hardState.acknowledge(hardState)) return;
    for (const envelope of replica.heldMessages.take([])) replica.messages.add(envelope);
    countOwnVote(replica);
  }

  /**
   * The disk has the log up to an output's last entry, (index, term); once for each output that
   * had entries, in order. Ignored if the entry was cut meanwhile.
   */
  appended(index: Index, term: Term): void {
    const replica = this.#replica;
    if (!replica.durability.acknowledge(index, term)) return;
    if (replica.leadership !== undefined) advanceCommit(replica, replica.leadership);
    else replyAccepted(replica);
  }

  get hasOutput(): boolean {
    const replica = this.#replica;
    const { leadership } = replica;
    return (
      replica.durability.firstUntaken <= replica.log.lastIndex ||
      replica.handedOutIndex < replica.applicableIndex ||
      replica.hardState.hasUntaken ||
      !replica.messages.isEmpty ||
      !replica.reads.isEmpty ||
      !replica.lostReads.isEmpty ||
      (leadership !== undefined && (leadership.isSendDue || leadership.reads.mayStart))
    );
  }

  /** Everything since the last call. The read round of the turn starts here. */
  takeOutput(): Output {
    if (!this.hasOutput) return emptyOutput;
    const replica = this.#replica;
    const { leadership } = replica;
    if (leadership !== undefined) {
      sendDueAppends(replica, leadership);
      startReadRound(replica, leadership);
    }
    return {
      hardState: replica.hardState.take(),
      entries: takeEntries(replica),
      messages: replica.messages.take(emptyOutput.messages),
      committed: takeCommitted(replica),
      reads: replica.reads.take(emptyOutput.reads),
      lostReads: replica.lostReads.take(emptyOutput.lostReads),
      snapshotRequests: emptyOutput.snapshotRequests,
      snapshot: undefined,
    };
  }

  /** Forgets the entries up to `index`, which must have been handed out as committed. */
  compact(index: Index): void {
    const replica = this.#replica;
    assert(index <= replica.handedOutIndex, 'only what was handed out is forgotten');
    assert(index <= replica.durability.durableIndex, 'only what is on disk is forgotten');
    replica.log.compact(index);
  }
}

function takeEntries(replica: Replica): readonly Entry[] {
  const { log, durability } = replica;
  const first = durability.firstUntaken;
  if (first > log.lastIndex) return noEntries;
  const entries = log.slice(first, log.lastIndex);
  durability.take(log.lastIndex, log.lastTerm);
  return entries;
}

function takeCommitted(replica: Replica): readonly Entry[] {
  const first = indexOf(replica.handedOutIndex + 1);
  const last = replica.applicableIndex;
  if (first > last) return noEntries;
  replica.handedOutIndex = last;
  return replica.log.slice(first, last);
}
