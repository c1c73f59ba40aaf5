import { assert } from '../base/assert.ts';
import { acceptUpTo, hearLeader } from './following.ts';
import type { InstallSnapshot } from './message.ts';
import type { Replica } from './replica.ts';
import { findPeer } from './replication.ts';
import type { Index, ReplicaId, SnapshotPlace, Term } from './types.ts';

/**
 * States for followers that need what the leader's log no longer holds (thesis 5.3). Only places
 * and decisions pass through here; the rows go from node to node beside the core.
 *
 * The leader's side: `replication.ts` asks for one when it finds nothing to attach to; the node
 * says here how that ended. The follower's side: the node steps an `InstallSnapshot` once it has
 * all rows, the core decides, and the node says when its disk and its state have been replaced.
 */

/** A state on its way into the place of this replica's. */
export interface Installation {
  readonly place: SnapshotPlace;
  readonly leader: ReplicaId;
  readonly term: Term;
  readonly session: number;
  isTaken: boolean;
}

export function snapshotSent(
  replica: Replica,
  to: ReplicaId,
  options: { readonly session: number; readonly index: Index },
): void {
  const { leadership } = replica;
  const peer = findPeer(leadership, to, options.session);
  if (leadership === undefined || peer === undefined) return;
  assert(options.index <= replica.commitIndex, 'a state holds what is committed');
  peer.snapshotSent(options.index);
}

export function snapshotFailed(replica: Replica, to: ReplicaId, session: number): void {
  findPeer(replica.leadership, to, session)?.snapshotFailed(replica.log.baseIndex);
}

export function receiveInstallSnapshot(
  replica: Replica,
  from: ReplicaId,
  message: InstallSnapshot,
): void {
  hearLeader(replica, from);
  if (replica.installation !== undefined) return;
  const { snapshot, session } = message;
  const { index, term } = snapshot;
  // Thesis 5.3: a state that is a prefix of the own log changes nothing but the commit index.
  // `index` may be committed and compacted here; then it is known without its term.
  if (index <= replica.commitIndex || replica.log.findTerm(index) === term) {
    replica.commitUpTo(index);
    acceptUpTo(replica, { leader: from, session, matchIndex: replica.commitIndex });
    return;
  }
  const { term: ownTerm } = replica;
  replica.installation = { place: snapshot, leader: from, term: ownTerm, session, isTaken: false };
}

/** What the node is to put in the place of its state; once. */
export function takeSnapshot(replica: Replica): SnapshotPlace | undefined {
  const { installation } = replica;
  if (installation === undefined || installation.isTaken) return undefined;
  installation.isTaken = true;
  return installation.place;
}

/** Disk and state are those of the snapshot: so is the log now, whose entries all conflicted. */
export function snapshotInstalled(replica: Replica, index: Index, term: Term): void {
  const { installation, commitIndex } = replica;
  assert(installation?.isTaken === true, 'a state that was asked for is installed');
  const { place, leader, session } = installation;
  assert(place.index === index && place.term === term, 'it is the state that was asked for');
  assert(commitIndex < index, 'nothing is committed while a state is installed');
  replica.installation = undefined;
  replica.log.restart(place);
  replica.durability.restart(index);
  replica.configurations.restart(place);
  replica.commitIndex = index;
  replica.handedOutIndex = index;
  // A leader of another term has sessions of its own, and asks by itself.
  if (installation.term !== replica.term || replica.leader !== leader) return;
  acceptUpTo(replica, { leader, session, matchIndex: index });
}

/** The log begins after `index` from now on. */
export function compact(replica: Replica, index: Index): void {
  assert(index <= replica.handedOutIndex, 'only what was handed out is forgotten');
  assert(index <= replica.durability.durableIndex, 'only what is on disk is forgotten');
  if (index <= replica.log.baseIndex) return;
  // A replica that joined and was not told yet who the members are: the entry that says it is still
  // to come, and a state from before it would pass the ignorance on.
  if (replica.configurations.at(index).voters.length === 0) return;
  replica.configurations.compact(index);
  replica.log.compact(index);
}
