import { assert } from '../base/assert.ts';
import { hasCommittedInTerm } from './commitment.ts';
import { checkConfiguration, isJoint } from './configuration.ts';
import { encodeConfiguration } from './configuration-codec.ts';
import { confirmReads } from './heartbeat.ts';
import { watchMembers } from './peers.ts';
import type { Leadership, Replica } from './replica.ts';
import { appendEntry } from './replication.ts';
import { becomeFollower } from './roles.ts';
import { abandonLeadership } from './transfer.ts';
import { type Configuration, type Index, NOBODY, type ReplicaId } from './types.ts';

/**
 * Changes of the members (thesis 4).
 *
 * Learners count in no quorum (4.2.1), so that adding or removing them is one entry. Any change of
 * the voters goes through a joint configuration (4.3): from the entry C_old,new on everything needs
 * a majority of both, and once that is committed the leader appends C_new by itself; so does a
 * later leader that finds the change half done.
 *
 * One change at a time (4.1), and none before the leader has committed an entry of its own term:
 * otherwise two leaders could commit with two majorities that have no replica in common (Ongaro,
 * raft-dev, 10 July 2015; `mutants/classes.ts`, B3).
 */

export type MemberTarget = Pick<Configuration, 'voters' | 'learners'>;

/** The index of the change's first entry; 'busy' while the one before it is not done. */
export function proposeConfiguration(
  replica: Replica,
  target: MemberTarget,
  timeMs: number,
): Index | undefined | 'busy' {
  const { leadership, configuration } = replica;
  if (leadership === undefined || leadership.transfer !== undefined) return undefined;
  if (!hasCommittedInTerm(replica) || isChanging(replica)) return 'busy';
  const voters = sorted(target.voters);
  const outgoing = sameIds(voters, sorted(configuration.voters)) ? [] : configuration.voters;
  const next = { voters, outgoing, learners: sorted(target.learners) };
  assert(voters.length > 0, 'a group has a voter');
  checkConfiguration(next);
  return appendConfiguration(replica, leadership, next, timeMs);
}

/** Whether a change has begun and its last entry is not committed. */
export function isChanging(replica: Replica): boolean {
  return isJoint(replica.configuration) || replica.configurations.latestIndex > replica.commitIndex;
}

/** What a leader does once its latest configuration is committed: completes it, or goes. */
export function followConfiguration(replica: Replica): void {
  const { leadership, configuration } = replica;
  if (leadership === undefined || !hasCommittedInTerm(replica)) return;
  if (replica.configurations.latestIndex > replica.commitIndex) return;
  if (isJoint(configuration)) {
    const next = { ...configuration, outgoing: [] };
    appendConfiguration(replica, leadership, next, replica.timeMs);
  } else if (!replica.isVoter) {
    // Thesis 4.2.2: it led until here because the new voters could not act without it.
    abandonLeadership(replica, leadership);
    becomeFollower(replica, replica.term, NOBODY);
  }
}

function appendConfiguration(
  replica: Replica,
  leadership: Leadership,
  configuration: Configuration,
  timeMs: number,
): Index {
  const payload = encodeConfiguration(configuration);
  const index = appendEntry(replica, 'configuration', payload, timeMs);
  const before = leadership.peers;
  leadership.peers = watchMembers(replica, before, index);
  for (const peer of leadership.peers.values()) {
    // Nobody could answer before being a member: silence counts from the next check of the quorum.
    if (!before.has(peer.id)) peer.isActive = true;
  }
  // With fewer voters, the answers that are here already may be a majority.
  confirmReads(replica, leadership);
  return index;
}

function sorted(ids: readonly ReplicaId[]): readonly ReplicaId[] {
  return [...ids].sort((left, right) => left - right);
}

function sameIds(left: readonly ReplicaId[], right: readonly ReplicaId[]): boolean {
  return left.length === right.length && left.every((id, at) => id === right[at]);
}
