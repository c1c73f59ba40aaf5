import { assert } from '../base/assert.ts';
import { isVoterIn, othersOf } from './configuration.ts';
import type { PreVote, PreVoteReply, RequestVote, RequestVoteReply } from './message.ts';
import type { Replica } from './replica.ts';
import { becomeCandidate, becomeFollower, becomeLeader, becomePreCandidate } from './roles.ts';
import { NOBODY, type ReplicaId, termOf } from './types.ts';

/**
 * Leader election (thesis 3.4, 3.6.1), asked about first (9.6), and withheld while a leader is
 * heard (4.2.3).
 */

/** One tick of a replica that does not lead. */
export function tickElection(replica: Replica): void {
  assert(replica.role !== 'leader', 'a leader has its own tick');
  replica.electionTicks += 1;
  if (replica.electionTicks >= replica.electionTicksDrawn) startElection(replica);
}

/** Asks for pre-votes; a learner and a replica outside the group do nothing. */
export function startElection(replica: Replica): void {
  if (replica.role === 'leader' || !replica.mayCampaign) return;
  becomePreCandidate(replica);
  const { lastIndex, lastTerm } = replica.log;
  sendToVoters(replica, { kind: 'pre-vote', term: replica.term, lastIndex, lastTerm });
  recordVote(replica, replica.self, true);
}

/** The disk has the hard state: a candidate's own vote counts from now on. */
export function countOwnVote(replica: Replica): void {
  assert(replica.hardState.isDurable, 'a vote counts when it is on disk');
  if (replica.role === 'candidate') recordVote(replica, replica.self, true);
}

/**
 * Whether this replica has heard a leader within the shortest election timeout (thesis 4.2.3):
 * then it helps nobody to depose it. A leader hears itself, until `heartbeat.ts` ends it.
 */
export function hearsLeader(replica: Replica): boolean {
  if (replica.role === 'leader') return true;
  return replica.leader !== NOBODY && replica.electionTicks < replica.electionTimeoutTicks;
}

/** Thesis 9.6: promises nothing, so neither the term, the vote nor the timer changes. */
export function receivePreVote(replica: Replica, from: ReplicaId, message: PreVote): void {
  const granted =
    message.term >= replica.term &&
    !hearsLeader(replica) &&
    replica.log.isAtMost(message.lastIndex, message.lastTerm);
  const term = termOf(Math.max(message.term, replica.term));
  replica.send(from, { kind: 'pre-vote-reply', term, granted });
}

export function receivePreVoteReply(
  replica: Replica,
  from: ReplicaId,
  message: PreVoteReply,
): void {
  if (replica.role === 'pre-candidate') recordVote(replica, from, message.granted);
}

/**
 * Thesis 3.4: one vote a term, first come first served. A learner votes too: the candidate may
 * know that it was promoted before it does itself.
 */
export function receiveRequestVote(replica: Replica, from: ReplicaId, message: RequestVote): void {
  assert(message.term === replica.term, 'a vote is asked for in the current term');
  const { votedFor } = replica.hardState;
  const isFree = votedFor === from || (votedFor === NOBODY && replica.leader === NOBODY);
  const granted = isFree && replica.log.isAtMost(message.lastIndex, message.lastTerm);
  if (granted) {
    replica.hardState.voteFor(from);
    replica.electionTicks = 0;
  }
  replica.send(from, { kind: 'request-vote-reply', term: replica.term, granted });
}

export function receiveRequestVoteReply(
  replica: Replica,
  from: ReplicaId,
  message: RequestVoteReply,
): void {
  assert(message.term === replica.term, 'a vote is given in the current term');
  if (replica.role === 'candidate') recordVote(replica, from, message.granted);
}

function recordVote(replica: Replica, voter: ReplicaId, granted: boolean): void {
  const { votes } = replica;
  assert(votes !== undefined, 'a candidate counts votes');
  votes.record(voter, granted);
  const { result } = votes;
  if (result === 'open') return;
  if (result === 'lost') becomeFollower(replica, replica.term, NOBODY);
  else if (replica.role === 'pre-candidate') startCandidacy(replica, { transfer: false });
  // Else the own vote is still to come, and with it the same result (thesis 3.8).
  else if (replica.hardState.isDurable) becomeLeader(replica);
}

/** Asks for votes in the next term; `transfer`: because the leader wishes it (thesis 3.10). */
export function startCandidacy(replica: Replica, options: { readonly transfer: boolean }): void {
  becomeCandidate(replica);
  const { lastIndex, lastTerm } = replica.log;
  // Held until the disk has the term and the own vote, as every message of the new term.
  sendToVoters(replica, {
    kind: 'request-vote',
    term: replica.term,
    lastIndex,
    lastTerm,
    transfer: options.transfer,
  });
}

function sendToVoters(replica: Replica, message: PreVote | RequestVote): void {
  for (const id of othersOf(replica.configuration, replica.self)) {
    if (isVoterIn(replica.configuration, id)) replica.send(id, message);
  }
}
