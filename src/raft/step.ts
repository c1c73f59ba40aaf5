import { assert, assertNever } from '../base/assert.ts';
import {
  hearsLeader,
  receivePreVote,
  receivePreVoteReply,
  receiveRequestVote,
  receiveRequestVoteReply,
} from './election.ts';
import { receiveAppendEntries, receiveHeartbeat } from './following.ts';
import { receiveHeartbeatReply } from './heartbeat.ts';
import type { Message } from './message.ts';
import type { Replica } from './replica.ts';
import { receiveAppendAccepted, receiveAppendRejected } from './replication.ts';
import { becomeFollower } from './roles.ts';
import { receiveInstallSnapshot } from './snapshot.ts';
import { receiveTimeoutNow } from './transfer.ts';
import { NOBODY, type ReplicaId } from './types.ts';

/**
 * Takes one message. The term comes first (thesis 3.3): a newer one makes a follower of whoever
 * hears of it, an older one gets no more than the answer that it is old. Two exceptions: a
 * pre-vote speaks of a term that nobody is in yet (9.6), and a vote request does not move a
 * replica that hears its leader (4.2.3).
 */
export function step(replica: Replica, from: ReplicaId, message: Message): void {
  assert(from !== replica.self && from !== NOBODY, 'a message comes from somebody else');
  if (message.kind === 'pre-vote') {
    receivePreVote(replica, from, message);
    return;
  }
  if (message.term < replica.term) {
    answerStale(replica, from, message);
    return;
  }
  if (message.term > replica.term) {
    if (isDisturbance(replica, message)) return;
    becomeFollower(replica, message.term, NOBODY);
  }
  receive(replica, from, message);
}

/** Whether somebody wants to depose a leader that is heard, and that did not ask for it (3.10). */
function isDisturbance(replica: Replica, message: Message): boolean {
  return message.kind === 'request-vote' && !message.transfer && hearsLeader(replica);
}

function receive(replica: Replica, from: ReplicaId, message: Message): void {
  switch (message.kind) {
    case 'pre-vote':
    case 'stale-term':
      return;
    case 'pre-vote-reply':
      receivePreVoteReply(replica, from, message);
      return;
    case 'request-vote':
      receiveRequestVote(replica, from, message);
      return;
    case 'request-vote-reply':
      receiveRequestVoteReply(replica, from, message);
      return;
    case 'append-entries':
      receiveAppendEntries(replica, from, message);
      return;
    case 'append-accepted':
      receiveAppendAccepted(replica, from, message);
      return;
    case 'append-rejected':
      receiveAppendRejected(replica, from, message);
      return;
    case 'heartbeat':
      receiveHeartbeat(replica, from, message);
      return;
    case 'heartbeat-reply':
      receiveHeartbeatReply(replica, from, message);
      return;
    case 'install-snapshot':
      receiveInstallSnapshot(replica, from, message);
      return;
    case 'timeout-now':
      receiveTimeoutNow(replica, from, message);
      return;
    default:
      assertNever(message);
  }
}

/** Without an answer, a leader of an older term would never learn that there is a newer one. */
function answerStale(replica: Replica, from: ReplicaId, message: Message): void {
  const { term } = replica;
  switch (message.kind) {
    case 'request-vote':
      replica.send(from, { kind: 'request-vote-reply', term, granted: false });
      return;
    case 'append-entries':
    case 'heartbeat':
    case 'install-snapshot':
      replica.send(from, { kind: 'stale-term', term });
      return;
    case 'pre-vote':
    case 'pre-vote-reply':
    case 'request-vote-reply':
    case 'append-accepted':
    case 'append-rejected':
    case 'heartbeat-reply':
    case 'stale-term':
    case 'timeout-now':
      return;
    default:
      assertNever(message);
  }
}
