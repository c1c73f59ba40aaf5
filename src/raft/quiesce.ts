import type { Heartbeat } from './message.ts';
import type { Leadership, Replica } from './replica.ts';
import { NOBODY } from './types.ts';

/**
 * A group in which nothing happens falls silent: many idle groups would otherwise cost their
 * heartbeats and ticks. The leader says so with a last heartbeat, once every member has all of its
 * log and was heard of; a follower agrees if its own log ends there too. From then on ticks do
 * nothing, so nobody's election timer runs.
 *
 * Any input ends the silence. That a leader died is no input: then the node, which watches the
 * links between nodes for all groups at once, calls `wake`. A follower that missed the last
 * heartbeat, or was restarted, asks for pre-votes in the end, and that wakes the others.
 *
 * Safety does not rest on any of this: it is about ticks and heartbeats only.
 */

/** One tick of a leader: counts those in which the group is at rest. */
export function tickQuiesce(replica: Replica, leadership: Leadership): void {
  leadership.idleTicks = isAtRest(replica, leadership) ? leadership.idleTicks + 1 : 0;
}

/**
 * Whether the heartbeat that is due is the last one. It takes the place of a regular one, so that
 * no answer to another is under way that would end the silence at once.
 */
export function maybeQuiesce(replica: Replica, { idleTicks, peers }: Leadership): boolean {
  const { quiesceTicks } = replica;
  if (quiesceTicks === undefined || idleTicks <= quiesceTicks) return false;
  for (const peer of peers.values()) if (!peer.isActive) return false;
  replica.quiesced = true;
  return true;
}

/** The leader's last heartbeat; true if this follower falls silent, and then owes no answer. */
export function agreesToQuiesce(replica: Replica, message: Heartbeat): boolean {
  const { log, durability, hardState, following, installation } = replica;
  return (
    message.quiesce &&
    message.commitIndex === log.lastIndex &&
    durability.durableIndex === log.lastIndex &&
    hardState.isDurable &&
    following?.isReplyOwed !== true &&
    installation === undefined
  );
}

/** Something happens here: ticks count again. */
export function stir(replica: Replica): void {
  const { leadership } = replica;
  if (leadership !== undefined) leadership.idleTicks = 0;
  if (!replica.quiesced) return;
  replica.quiesced = false;
  if (leadership === undefined) return;
  replica.electionTicks = 0;
  leadership.ticksSinceHeartbeat = replica.heartbeatTicks;
}

/**
 * The node doubts that the members still reach each other.
 *
 * @param silentTicks how long the leader's node was not heard of; 0 if that is not known
 */
export function wake(replica: Replica, silentTicks: number): void {
  const wasQuiesced = replica.quiesced;
  stir(replica);
  if (replica.leadership !== undefined) return;
  if (silentTicks > replica.electionTicks) replica.electionTicks = silentTicks;
  // If the leader lives, this wakes it too, and its heartbeats prevent an election.
  if (!wasQuiesced || replica.leader === NOBODY) return;
  replica.send(replica.leader, { kind: 'heartbeat-reply', term: replica.term, readId: 0 });
}

function isAtRest(replica: Replica, leadership: Leadership): boolean {
  const { log, durability, hardState, commitIndex, handedOutIndex, quiesceTicks } = replica;
  if (quiesceTicks === undefined) return false;
  const { lastIndex } = log;
  if (commitIndex !== lastIndex || handedOutIndex !== lastIndex) return false;
  if (durability.durableIndex !== lastIndex || !hardState.isDurable) return false;
  if (leadership.transfer !== undefined || !leadership.reads.isIdle) return false;
  for (const peer of leadership.peers.values()) {
    if (peer.state !== 'replicate' || peer.matchIndex !== lastIndex) return false;
  }
  return true;
}
