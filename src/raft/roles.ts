import { assert } from '../base/assert.ts';
import { noPeers, watchMembers } from './peers.ts';
import { Votes } from './quorum.ts';
import { ReadRounds } from './reads.ts';
import type { Replica } from './replica.ts';
import { NOBODY, type ReplicaId, type Term, termOf } from './types.ts';

/**
 * The transitions between the roles (thesis Figure 3.3). Each leaves nothing of the role before
 * it behind: a deposed leader's read rounds are reported as lost in the same turn.
 */

const noPayload = Buffer.alloc(0);

/** Follows `leader` (NOBODY: not known yet) in `term`, which may be the current one. */
export function becomeFollower(replica: Replica, term: Term, leader: ReplicaId): void {
  assert(term >= replica.term, 'a replica does not go back to an older term');
  // A newer term alone is no reason to wait longer (thesis 3.4): a candidate that nobody can elect
  // would otherwise hold back those that somebody can.
  if (replica.role !== 'follower') resetElectionTimer(replica);
  leaveRole(replica);
  if (term > replica.term) enterTerm(replica, term);
  replica.role = 'follower';
  replica.leader = leader;
}

/** Asks whether an election would be won, before it disturbs anybody (thesis 9.6). */
export function becomePreCandidate(replica: Replica): void {
  assert(replica.role !== 'leader', 'a leader does not stand for election');
  assert(replica.mayCampaign, 'only a voter stands for election');
  leaveRole(replica);
  resetElectionTimer(replica);
  replica.role = 'pre-candidate';
  replica.leader = NOBODY;
  replica.votes = new Votes(replica.configuration);
}

/**
 * Stands for election in the next term (thesis 3.4). Its own vote is given here, but counted only
 * when the disk has it: after a crash it could otherwise be given again to somebody else.
 */
export function becomeCandidate(replica: Replica): void {
  assert(replica.role !== 'leader', 'a leader does not stand for election');
  assert(replica.mayCampaign, 'only a voter stands for election');
  leaveRole(replica);
  resetElectionTimer(replica);
  enterTerm(replica, termOf(replica.term + 1));
  replica.hardState.voteFor(replica.self);
  replica.role = 'candidate';
  replica.leader = NOBODY;
  replica.votes = new Votes(replica.configuration);
}

/**
 * Leads the term. Its first entry is a no-op: only an entry of its own term lets it commit those
 * of earlier terms (thesis 3.6.2) and tells it what is committed (6.4).
 */
export function becomeLeader(replica: Replica): void {
  assert(replica.role === 'candidate', 'a leader was elected');
  assert(replica.hardState.isDurable, 'a leader has its own vote on disk');
  assert(replica.installation === undefined, 'a leader has a log to go on with');
  leaveRole(replica);
  resetElectionTimer(replica);
  replica.role = 'leader';
  replica.leader = replica.self;
  const noopIndex = replica.nextIndex;
  const reads = new ReadRounds(replica.nextReadId);
  replica.leadership = {
    noopIndex,
    peers: watchMembers(replica, noPeers, noopIndex),
    reads,
    ticksSinceHeartbeat: 0,
    isSendDue: true,
    transfer: undefined,
    idleTicks: 0,
  };
  replica.append({
    index: noopIndex,
    term: replica.term,
    timeMs: replica.clampTime(replica.timeMs),
    kind: 'noop',
    payload: noPayload,
  });
}

/** Draws the ticks until this replica stands for election. */
export function resetElectionTimer(replica: Replica): void {
  const { electionTimeoutTicks: base, prng } = replica;
  replica.electionTicks = 0;
  // Above the base and below twice of it. Voters refuse for `base` ticks after they heard their
  // leader: candidates that all came back after exactly `base` could be refused for ever.
  replica.electionTicksDrawn = base + 1 + prng.below(base - 1);
}

function enterTerm(replica: Replica, term: Term): void {
  replica.hardState.enterTerm(term);
  // What was held spoke of the older term, which nobody needs an answer from any more.
  replica.heldMessages.clear();
  assert(replica.following === undefined, 'a follower follows within one term');
}

function leaveRole(replica: Replica): void {
  const { leadership } = replica;
  if (leadership !== undefined) {
    replica.nextReadId = leadership.reads.nextId;
    leadership.reads.giveUp((id) => replica.lostReads.add(id));
  }
  replica.snapshotRequests.clear();
  replica.leadership = undefined;
  replica.votes = undefined;
  replica.following = undefined;
}
