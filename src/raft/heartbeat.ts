import { assert } from '../base/assert.ts';
import type { HeartbeatReply } from './message.ts';
import type { Progress } from './progress.ts';
import { maybeQuiesce, tickQuiesce } from './quiesce.ts';
import { quorumValue } from './quorum.ts';
import type { Leadership, Replica } from './replica.ts';
import { resendAppend } from './replication.ts';
import { becomeFollower } from './roles.ts';
import { maybeSendTimeoutNow, tickTransfer } from './transfer.ts';
import { indexOf, NOBODY, type ReplicaId } from './types.ts';

/**
 * The leader's clockwork: heartbeats (thesis 3.4), the step down of a leader that no majority
 * answers (6.2), and the rounds that confirm reads (6.4).
 */

/** One tick of a leader. */
export function tickLeader(replica: Replica): void {
  const { leadership } = replica;
  assert(leadership !== undefined, 'only a leader sends heartbeats');
  replica.electionTicks += 1;
  if (replica.electionTicks >= replica.electionTimeoutTicks) {
    replica.electionTicks = 0;
    if (!takeQuorumActive(replica, leadership)) {
      becomeFollower(replica, replica.term, NOBODY);
      return;
    }
  }
  tickTransfer(replica, leadership);
  tickQuiesce(replica, leadership);
  leadership.ticksSinceHeartbeat += 1;
  if (leadership.ticksSinceHeartbeat < replica.heartbeatTicks) return;
  // Groups that tick together send together, one frame for all of them.
  leadership.ticksSinceHeartbeat = replica.tickCount % replica.heartbeatTicks;
  for (const peer of leadership.peers.values()) {
    peer.heartbeatSent(replica.log.lastIndex);
  }
  maybeSendTimeoutNow(replica);
  const quiesce = maybeQuiesce(replica, leadership);
  for (const peer of leadership.peers.values()) {
    sendHeartbeat(replica, leadership, { peer, quiesce });
  }
}

export function receiveHeartbeatReply(
  replica: Replica,
  from: ReplicaId,
  message: HeartbeatReply,
): void {
  const { leadership } = replica;
  const peer = leadership?.peers.get(from);
  if (leadership === undefined || peer === undefined) return;
  peer.isActive = true;
  if (peer.takeStall()) resendAppend(replica, peer);
  if (message.readId <= peer.confirmedReadId) return;
  peer.confirmedReadId = message.readId;
  confirmReads(replica, leadership);
}

/** Starts the round of this turn's reads, if there are any. A group of one confirms at once. */
export function startReadRound(replica: Replica, leadership: Leadership): void {
  if (!leadership.reads.mayStart) return;
  leadership.reads.start(replica.commitIndex);
  for (const peer of leadership.peers.values()) {
    if (!peer.isLearner) sendHeartbeat(replica, leadership, { peer, quiesce: false });
  }
  confirmReads(replica, leadership);
}

function sendHeartbeat(
  replica: Replica,
  leadership: Leadership,
  options: { readonly peer: Progress; readonly quiesce: boolean },
): void {
  const { peer, quiesce } = options;
  replica.send(peer.id, {
    kind: 'heartbeat',
    term: replica.term,
    commitIndex: indexOf(Math.min(peer.matchIndex, replica.commitIndex)),
    readId: leadership.reads.latestStartedId,
    quiesce,
  });
}

/** Reports the read rounds that enough voters have answered. */
export function confirmReads(replica: Replica, leadership: Leadership): void {
  const { reads, peers } = leadership;
  const answeredBy = (voter: ReplicaId): number =>
    voter === replica.self ? reads.latestStartedId : (peers.get(voter)?.confirmedReadId ?? 0);
  const id = quorumValue(replica.configuration, answeredBy);
  reads.confirm(id, (confirmation) => replica.reads.add(confirmation));
}

/** Whether a majority was heard of since the last time; begins the next such period. */
function takeQuorumActive(replica: Replica, leadership: Leadership): boolean {
  const { peers } = leadership;
  const wasHeard = (voter: ReplicaId): number =>
    voter === replica.self || peers.get(voter)?.isActive === true ? 1 : 0;
  const isActive = quorumValue(replica.configuration, wasHeard) === 1;
  for (const peer of peers.values()) peer.beginPeriod();
  return isActive;
}
