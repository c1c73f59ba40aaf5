import { assert } from '../base/assert.ts';
import type { AppendEntries, Heartbeat } from './message.ts';
import { agreesToQuiesce } from './quiesce.ts';
import type { Following, Replica } from './replica.ts';
import { becomeFollower } from './roles.ts';
import { type Entry, type Index, indexOf, NOBODY, type ReplicaId } from './types.ts';

/**
 * The follower's side of log replication (thesis 3.5). It answers only for what its disk has:
 * an acceptance leaves when `appended` told so, with the hard state on disk before it.
 */

export function receiveAppendEntries(
  replica: Replica,
  from: ReplicaId,
  message: AppendEntries,
): void {
  hearLeader(replica, from);
  // The log is about to begin somewhere else; what comes meanwhile is asked about again.
  if (replica.installation !== undefined) return;
  const { log, commitIndex } = replica;
  const { previousIndex, previousTerm, session } = message;
  // What is committed here is in every later leader's log (Leader Completeness, thesis 3.6.3), so
  // a message that begins before it matches, also where the entries are compacted.
  const knownTerm = log.findTerm(previousIndex);
  if (previousIndex > commitIndex && knownTerm !== previousTerm) {
    reject(replica, from, message);
    return;
  }
  assert(knownTerm === undefined || knownTerm === previousTerm, 'a leader has what is committed');
  const following = followSession(replica, from, session);
  const lastNewIndex = indexOf(previousIndex + message.entries.length);
  mergeEntries(replica, following, message);
  const matchIndex = indexOf(Math.max(lastNewIndex, commitIndex));
  // Figure 3.1, AppendEntries 5: not beyond the last new entry, the rest was not compared.
  const comparedIndex = Math.max(matchIndex, following.matchIndex);
  replica.commitUpTo(indexOf(Math.min(message.commitIndex, comparedIndex)));
  acceptUpTo(replica, { leader: from, session, matchIndex });
}

/** Owes the leader an acceptance, which leaves now or when the disk has come that far. */
export function acceptUpTo(replica: Replica, place: MatchingPlace): void {
  const { leader, session, matchIndex } = place;
  const following = followSession(replica, leader, session);
  if (matchIndex > following.matchIndex) following.matchIndex = matchIndex;
  following.isReplyOwed = true;
  if (replica.durability.durableIndex >= matchIndex) replyAccepted(replica);
}

/** Up to here the log equals that of `leader`, which is told so in `session`. */
export type MatchingPlace = Pick<Following, 'leader' | 'session' | 'matchIndex'>;

/** The leader lives; its commit index is within what it knows this replica's disk to have. */
export function receiveHeartbeat(replica: Replica, from: ReplicaId, message: Heartbeat): void {
  hearLeader(replica, from);
  // A state that is about to take the place of the log says by itself what is committed.
  if (replica.installation === undefined) replica.commitUpTo(message.commitIndex);
  if (agreesToQuiesce(replica, message)) {
    replica.quiesced = true;
    return;
  }
  const { term } = replica;
  replica.send(from, { kind: 'heartbeat-reply', term, readId: message.readId });
}

/** Tells the leader how far the disk has come in what was compared with its log. */
export function replyAccepted(replica: Replica): void {
  const { following, durability, term } = replica;
  if (following === undefined || !following.isReplyOwed) return;
  const { leader, session } = following;
  const matchIndex = indexOf(Math.min(durability.durableIndex, following.matchIndex));
  following.isReplyOwed = matchIndex < following.matchIndex;
  replica.send(leader, { kind: 'append-accepted', term, session, matchIndex });
}

/**
 * Thesis 3.4: a candidate that hears the leader of its term follows it. A second leader in one term
 * (Election Safety, 3.2) is no fault of a message: consensus is broken, and going on would be worse
 * than ending the process.
 */
export function hearLeader(replica: Replica, from: ReplicaId): void {
  assert(replica.role !== 'leader', 'a term has one leader');
  assert(replica.leader === NOBODY || replica.leader === from, 'a term has one leader');
  if (replica.role !== 'follower') becomeFollower(replica, replica.term, from);
  replica.leader = from;
  replica.electionTicks = 0;
}

function followSession(replica: Replica, leader: ReplicaId, session: number): Following {
  const { following } = replica;
  if (following !== undefined && following.session === session) return following;
  const next: Following = { leader, session, matchIndex: indexOf(0), isReplyOwed: false };
  replica.following = next;
  return next;
}

/**
 * Adds what is new. Entries are cut only where one of them really differs (Figure 3.1,
 * AppendEntries 3): a message that was delayed or doubled ends earlier than the log does, and
 * cutting after it would lose entries that were acknowledged.
 */
function mergeEntries(replica: Replica, following: Following, message: AppendEntries): void {
  const { log } = replica;
  for (const entry of message.entries) {
    const knownTerm = log.findTerm(entry.index);
    if (knownTerm === entry.term || entry.index <= log.baseIndex) continue;
    if (knownTerm !== undefined) cut(replica, following, entry);
    replica.append(entry);
  }
}

function cut(replica: Replica, following: Following, entry: Entry): void {
  assert(entry.index > following.matchIndex, 'a leader does not change its own log');
  replica.truncateFrom(entry.index);
}

/** The hint spares the leader one step back per entry (thesis 3.5, last part). */
function reject(replica: Replica, to: ReplicaId, message: AppendEntries): void {
  const { previousIndex, previousTerm, session } = message;
  const { log, term } = replica;
  const limit: Index = previousIndex < log.lastIndex ? previousIndex : log.lastIndex;
  const hint = log.findLastOfTermAtMost(limit, previousTerm);
  replica.send(to, {
    kind: 'append-rejected',
    term,
    session,
    previousIndex,
    hintIndex: hint.index,
    hintTerm: hint.term,
  });
}
