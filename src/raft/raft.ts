import { assert } from '../base/assert.ts';
import { advanceCommit, hasCommittedInTerm } from './commitment.ts';
import { countOwnVote, startElection, tickElection } from './election.ts';
import { replyAccepted } from './following.ts';
import { startReadRound, tickLeader } from './heartbeat.ts';
import {
  followConfiguration,
  isChanging,
  type MemberTarget,
  proposeConfiguration,
} from './membership.ts';
import type { Message } from './message.ts';
import { checkMessage } from './message-check.ts';
import { emptyOutput, noEntries, type Output } from './output.ts';
import type { PeerProgress } from './progress.ts';
import { stir, wake } from './quiesce.ts';
import { type RaftOptions, Replica, type Role } from './replica.ts';
import { appendEntry, sendDueAppends } from './replication.ts';
import { resetElectionTimer } from './roles.ts';
import {
  compact,
  snapshotFailed,
  snapshotInstalled,
  snapshotSent,
  takeSnapshot,
} from './snapshot.ts';
import { step } from './step.ts';
import { maybeSendTimeoutNow, transferLeadership } from './transfer.ts';
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
 */
export class Raft {
  readonly #replica: Replica;

  constructor(options: RaftOptions) {
    this.#replica = new Replica(options);
    resetElectionTimer(this.#replica);
  }

  get self(): ReplicaId {
    return this.#replica.self;
  }

  /** The same as `role`, for those who ask in every turn. */
  get isLeader(): boolean {
    return this.#replica.role === 'leader';
  }

  get role(): Role | 'learner' {
    const { role, configuration, isVoter, self } = this.#replica;
    return role === 'follower' && configuration.learners.includes(self) && !isVoter
      ? 'learner'
      : role;
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
      isActive: peer.isHeard,
    }));
  }

  /** Log time in ms for an entry that the core makes by itself; set before every input. */
  setTime(timeMs: number): void {
    assert(Number.isSafeInteger(timeMs), 'log time is whole milliseconds');
    this.#replica.timeMs = timeMs;
  }

  /** Time passes; nothing happens while this replica is `quiesced`. */
  tick(): void {
    this.#replica.tickCount += 1;
    if (this.#replica.quiesced) return;
    if (this.#replica.role === 'leader') tickLeader(this.#replica);
    else tickElection(this.#replica);
  }

  /** Stands for election now, if this replica is a voter and does not lead. */
  campaign(): void {
    stir(this.#replica);
    startElection(this.#replica);
  }

  /**
   * Takes in a message of another replica.
   *
   * @throws FencepostError `PEER_PROTOCOL` if no working replica sends that; nothing has changed
   */
  step(from: ReplicaId, message: Message): void {
    checkMessage(this.#replica, from, message);
    const { quiesced, leader } = this.#replica;
    // Followers that somebody else stirs would depose a leader that goes on to be silent.
    if (quiesced && from !== leader) wake(this.#replica, 0);
    else if (quiesced) stir(this.#replica);
    step(this.#replica, from, message);
    followConfiguration(this.#replica);
  }

  /**
   * Appends an entry to the log of a leader.
   *
   * @param timeMs its log time; raised to that of the entry before it, if it is lower
   * @returns its index, or undefined if this replica does not lead, or is `transferring`
   */
  propose(kind: 'effects' | 'time', payload: Buffer, timeMs: number): Index | undefined {
    const { leadership } = this.#replica;
    if (leadership === undefined || leadership.transfer !== undefined) return undefined;
    stir(this.#replica);
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
    stir(this.#replica);
    return leadership.reads.join();
  }

  /**
   * Changes the members (thesis 4): in force at once, done when `changing` is false again. A
   * change of voters goes through a joint configuration; a leader that it leaves out steps down at
   * its end.
   *
   * @param target who is to vote, and who is to learn only
   * @returns the index of its first entry; undefined if this replica does not lead, or is
   *   `transferring`; 'busy' while an earlier change is not done, or before `leaderReady`
   */
  proposeConfiguration(target: MemberTarget, timeMs: number): Index | undefined | 'busy' {
    stir(this.#replica);
    return proposeConfiguration(this.#replica, target, timeMs);
  }

  /** Whether the latest configuration is joint or not committed. */
  get changing(): boolean {
    return isChanging(this.#replica);
  }

  /**
   * The configuration that the log up to `index` leads to, and that a checkpoint there contains.
   * Without voters while a replica that joined does not know the members: no checkpoint then.
   */
  configurationAt(index: Index): Configuration {
    return this.#replica.configurations.at(index);
  }

  /**
   * Hands the leadership over (thesis 3.10): lets `to` catch up and stand for election. Given up
   * after an election timeout.
   *
   * @returns whether that is under way: this replica leads, and `to` is another voter
   */
  transferLeadership(to: ReplicaId): boolean {
    stir(this.#replica);
    return transferLeadership(this.#replica, to);
  }

  /** Whether this leader is handing over, and therefore takes no proposals. */
  get transferring(): boolean {
    return this.#replica.leadership?.transfer !== undefined;
  }

  /** Whether the group is silent, so that ticks can be left out until an input comes. */
  get quiesced(): boolean {
    return this.#replica.quiesced;
  }

  /**
   * Ends the silence of this replica: the link to a member's node was lost, or the leader's node
   * is not heard of. Also without silence it may shorten the wait for an election.
   *
   * @param silentTicks how long the *leader's* node was not heard of; 0 about any other node
   */
  wake(silentTicks = 0): void {
    wake(this.#replica, silentTicks);
  }

  /** The other node has all of the state that an output requested for `to`, up to `place`. */
  snapshotSent(to: ReplicaId, session: number, place: SnapshotPlace): void {
    snapshotSent(this.#replica, to, { session, index: place.index });
  }

  /** The state that an output requested for `to` did not get there. */
  snapshotFailed(to: ReplicaId, session: number): void {
    snapshotFailed(this.#replica, to, session);
  }

  /** Disk, log and state in memory are those of the output's `snapshot`, durably. */
  snapshotInstalled(index: Index, term: Term): void {
    snapshotInstalled(this.#replica, index, term);
  }

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
    if (replica.leadership !== undefined) {
      advanceCommit(replica, replica.leadership);
      maybeSendTimeoutNow(replica);
    } else {
      replyAccepted(replica);
    }
    followConfiguration(replica);
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
      !replica.snapshotRequests.isEmpty ||
      replica.installation?.isTaken === false ||
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
      snapshotRequests: replica.snapshotRequests.take(emptyOutput.snapshotRequests),
      snapshot: takeSnapshot(replica),
    };
  }

  /** Forgets the entries up to `index`, which must have been handed out as committed. */
  compact(index: Index): void {
    compact(this.#replica, index);
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
