import { assert } from '../base/assert.ts';
import { startCandidacy } from './election.ts';
import type { TimeoutNow } from './message.ts';
import type { Progress } from './progress.ts';
import type { Leadership, Replica } from './replica.ts';
import type { ReplicaId } from './types.ts';

/**
 * Leadership transfer (thesis 3.10). The leader stops taking proposals, lets the target catch up,
 * and asks it to stand for election at once; the target's higher term then deposes it. If that has
 * not happened within an election timeout, the leader goes on.
 */
export interface Transfer {
  readonly to: ReplicaId;
  /** Since it began. */
  ticks: number;
}

/** True if a transfer to `to` is under way now. */
export function transferLeadership(replica: Replica, to: ReplicaId): boolean {
  const { leadership } = replica;
  if (leadership === undefined) return false;
  if (leadership.transfer?.to === to) return true;
  const peer = leadership.peers.get(to);
  if (peer === undefined || !replica.configuration.voters.includes(to)) return false;
  leadership.transfer = { to, ticks: 0 };
  maybeSendTimeoutNow(replica);
  return true;
}

/** One tick of a leader: gives up what takes too long. */
export function tickTransfer(replica: Replica, leadership: Leadership): void {
  const { transfer } = leadership;
  if (transfer === undefined) return;
  transfer.ticks += 1;
  const isMember = replica.configuration.voters.includes(transfer.to);
  if (transfer.ticks >= replica.electionTimeoutTicks || !isMember) leadership.transfer = undefined;
}

/**
 * The target can take over once it has the whole log, and all of that is committed: what is not
 * would go on under the new leader, but whoever waits for it here would never know.
 */
export function maybeSendTimeoutNow(replica: Replica): void {
  const { leadership, log, commitIndex } = replica;
  const to = leadership?.transfer?.to;
  const peer = to === undefined ? undefined : leadership?.peers.get(to);
  if (peer === undefined || peer.matchIndex < log.lastIndex || commitIndex < log.lastIndex) return;
  replica.send(peer.id, { kind: 'timeout-now', term: replica.term });
}

/** A leader that is not needed any more asks the voter that has most of its log to take over. */
export function abandonLeadership(replica: Replica, leadership: Leadership): void {
  let best: Progress | undefined;
  for (const id of replica.configuration.voters) {
    const peer = leadership.peers.get(id);
    if (peer?.isHeard !== true) continue;
    if (best === undefined || peer.matchIndex > best.matchIndex) best = peer;
  }
  if (best !== undefined) replica.send(best.id, { kind: 'timeout-now', term: replica.term });
}

/** The leader wants this replica to lead: no pre-vote, as the leader knows of the election. */
export function receiveTimeoutNow(replica: Replica, from: ReplicaId, message: TimeoutNow): void {
  assert(message.term === replica.term, 'a leader of this term asks');
  if (replica.leader !== from || !replica.mayCampaign) return;
  assert(replica.role !== 'leader', 'a leader follows nobody');
  startCandidacy(replica, { transfer: true });
}
