import { assert } from '../base/assert.ts';
import { limits } from '../base/limits.ts';
import { advanceCommit } from './commitment.ts';
import type { AppendAccepted, AppendRejected } from './message.ts';
import { noEntries } from './output.ts';
import type { Progress } from './progress.ts';
import type { Leadership, Replica } from './replica.ts';
import { maybeSendTimeoutNow } from './transfer.ts';
import { type EntryKind, type Index, indexOf, type ReplicaId } from './types.ts';

/**
 * The leader's side of log replication (thesis 3.5), pipelined (10.2.1): once a follower's place
 * is known, messages follow each other without waiting for answers, up to a window.
 */

/** Appends one entry to the leader's log; it leaves for disk and followers in parallel. */
export function appendEntry(
  replica: Replica,
  kind: EntryKind,
  payload: Buffer,
  timeMs: number,
): Index {
  const { leadership, nextIndex: index, term } = replica;
  assert(leadership !== undefined, 'only a leader appends');
  replica.append({ index, term, timeMs: replica.clampTime(timeMs), kind, payload });
  leadership.isSendDue = true;
  return index;
}

/** Sends to each follower what it may get now; called once a turn, so that a turn is a message. */
export function sendDueAppends(replica: Replica, leadership: Leadership): void {
  if (!leadership.isSendDue) return;
  leadership.isSendDue = false;
  for (const peer of leadership.peers.values()) {
    while (peer.maySend(replica.log.lastIndex)) sendAppend(replica, peer, limits.appendBytesMax);
  }
}

/** Asks again, because the answer to something that was sent is missing. */
export function resendAppend(replica: Replica, peer: Progress): void {
  // A state that was sent may have been compacted away meanwhile.
  if (peer.state === 'snapshot') peer.askAfter(replica.log.baseIndex);
  // While entries are under way, "is the one before the next there?" is enough: whichever of
  // them was lost, the answer tells from where to send again.
  sendAppend(replica, peer, peer.state === 'probe' ? limits.appendBytesMax : 0);
}

function sendAppend(replica: Replica, peer: Progress, bytesMax: number): void {
  const { log } = replica;
  const previousIndex = indexOf(peer.nextIndex - 1);
  const previousTerm = log.findTerm(previousIndex);
  if (previousTerm === undefined) {
    // Compacted: nothing that is left in the log can be attached to the follower's.
    assert(previousIndex < log.baseIndex, 'nextIndex is not beyond the log');
    peer.needSnapshot();
    replica.snapshotRequests.add({ to: peer.id, term: replica.term, session: peer.session });
    return;
  }
  const entries = bytesMax === 0 ? noEntries : log.sliceBytes(peer.nextIndex, bytesMax);
  replica.send(peer.id, {
    kind: 'append-entries',
    term: replica.term,
    session: peer.session,
    previousIndex,
    previousTerm,
    entries,
    commitIndex: replica.commitIndex,
  });
  peer.sent(indexOf(previousIndex + entries.length));
}

export function receiveAppendAccepted(
  replica: Replica,
  from: ReplicaId,
  message: AppendAccepted,
): void {
  const { leadership } = replica;
  const peer = findPeer(leadership, from, message.session);
  if (leadership === undefined || peer === undefined) return;
  assert(message.matchIndex <= replica.log.lastIndex, 'a follower matches within the log');
  peer.isActive = true;
  peer.accepted(message.matchIndex, replica.log.baseIndex);
  leadership.isSendDue = true;
  advanceCommit(replica, leadership);
  if (leadership.transfer !== undefined) maybeSendTimeoutNow(replica);
}

export function receiveAppendRejected(
  replica: Replica,
  from: ReplicaId,
  message: AppendRejected,
): void {
  const { leadership } = replica;
  const peer = findPeer(leadership, from, message.session);
  if (leadership === undefined || peer === undefined) return;
  peer.isActive = true;
  const { hintIndex, hintTerm } = message;
  const common = replica.log.findLastOfTermAtMost(hintIndex, hintTerm);
  if (peer.rejected(message.previousIndex, common.index)) leadership.isSendDue = true;
}

/** A reply of another session speaks of a progress that this leader no longer keeps. */
export function findPeer(
  leadership: Leadership | undefined,
  from: ReplicaId,
  session: number,
): Progress | undefined {
  const peer = leadership?.peers.get(from);
  return peer?.session === session ? peer : undefined;
}
