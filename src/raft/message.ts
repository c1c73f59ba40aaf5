import type { Entry, Index, ReplicaId, SnapshotPlace, Term } from './types.ts';

/**
 * What replicas of one group say to each other. Every message names a term; a receiver in an
 * older term moves up to it first (thesis 3.3), with the two exceptions that `step.ts` names.
 */
export type Message =
  | PreVote
  | PreVoteReply
  | RequestVote
  | RequestVoteReply
  | AppendEntries
  | AppendAccepted
  | AppendRejected
  | Heartbeat
  | HeartbeatReply
  | StaleTerm
  | InstallSnapshot
  | TimeoutNow;

/** "Would you vote for me in the term after `term`?" Nobody's state changes (thesis 9.6). */
export interface PreVote {
  readonly kind: 'pre-vote';
  readonly term: Term;
  readonly lastIndex: Index;
  readonly lastTerm: Term;
}

/** `term` is the request's, or the voter's own where that is higher: then it is no grant. */
export interface PreVoteReply {
  readonly kind: 'pre-vote-reply';
  readonly term: Term;
  readonly granted: boolean;
}

/**
 * "Vote for me in `term`" (thesis 3.4); the last entry's place decides (3.6.1). `transfer`: the
 * leader itself asked for this election, so it is no disturbance (3.10, 4.2.3).
 */
export interface RequestVote {
  readonly kind: 'request-vote';
  readonly term: Term;
  readonly lastIndex: Index;
  readonly lastTerm: Term;
  readonly transfer: boolean;
}

export interface RequestVoteReply {
  readonly kind: 'request-vote-reply';
  readonly term: Term;
  readonly granted: boolean;
}

/**
 * Entries that follow (previousIndex, previousTerm) in the leader's log (thesis 3.5). `session`
 * numbers the leader's view of this follower; replies repeat it.
 */
export interface AppendEntries {
  readonly kind: 'append-entries';
  readonly term: Term;
  readonly session: number;
  readonly previousIndex: Index;
  readonly previousTerm: Term;
  readonly entries: readonly Entry[];
  readonly commitIndex: Index;
}

/** The follower's log equals the leader's up to `matchIndex`, and is on its disk up to there. */
export interface AppendAccepted {
  readonly kind: 'append-accepted';
  readonly term: Term;
  readonly session: number;
  readonly matchIndex: Index;
}

/**
 * The follower has no entry (previousIndex, previousTerm). Both logs can be equal at most up to
 * `hintIndex`, where the follower's entry has `hintTerm` (thesis 3.5, the optimization).
 */
export interface AppendRejected {
  readonly kind: 'append-rejected';
  readonly term: Term;
  readonly session: number;
  readonly previousIndex: Index;
  readonly hintIndex: Index;
  readonly hintTerm: Term;
}

/**
 * "I still lead." `commitIndex` is never beyond what the leader knows to be on this follower's
 * disk; `readId` is the latest read round that had started when this left (thesis 6.4). `quiesce`:
 * no more heartbeats follow until something happens (`quiesce.ts`).
 */
export interface Heartbeat {
  readonly kind: 'heartbeat';
  readonly term: Term;
  readonly commitIndex: Index;
  readonly readId: number;
  readonly quiesce: boolean;
}

export interface HeartbeatReply {
  readonly kind: 'heartbeat-reply';
  readonly term: Term;
  readonly readId: number;
}

/** To a leader of an older term: the term has moved on (thesis 3.3: "rejects the request"). */
export interface StaleTerm {
  readonly kind: 'stale-term';
  readonly term: Term;
}

/**
 * The state up to `snapshot` lies ready beside this follower (thesis 5.3). The bulk does not pass
 * through the core: the receiving node makes this step once it has all of it.
 */
export interface InstallSnapshot {
  readonly kind: 'install-snapshot';
  readonly term: Term;
  readonly session: number;
  readonly snapshot: SnapshotPlace;
}

/** From the leader to the follower that is to take over: stand for election now (thesis 3.10). */
export interface TimeoutNow {
  readonly kind: 'timeout-now';
  readonly term: Term;
}

/** A message and where it goes. */
export interface Envelope {
  readonly to: ReplicaId;
  readonly message: Message;
}
