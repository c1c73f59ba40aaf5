import { assert } from '../base/assert.ts';
import { quorumValue } from './quorum.ts';
import type { Leadership, Replica } from './replica.ts';
import { type Index, indexOf, type ReplicaId } from './types.ts';

/**
 * Commits what a majority has on disk (thesis 3.5), the leader among them only with what its own
 * disk has (10.2.1): so a group of one commits after its own fsync, and a leader with a slow disk
 * commits without itself. Only an entry of the own term is committed by counting; the earlier
 * ones before it come along (3.6.2, Figure 3.7).
 */
export function advanceCommit(replica: Replica, leadership: Leadership): void {
  assert(replica.role === 'leader', 'only a leader counts replicas');
  const index = quorumMatch(replica, leadership);
  if (index <= replica.commitIndex) return;
  if (replica.log.findTerm(index) !== replica.term) return;
  replica.commitUpTo(index);
}

/** Whether the leader knows what is committed (thesis 6.4, step 1). */
export function hasCommittedInTerm(replica: Replica): boolean {
  const { leadership } = replica;
  return leadership !== undefined && replica.commitIndex >= leadership.noopIndex;
}

function quorumMatch(replica: Replica, leadership: Leadership): Index {
  const matchOf = (voter: ReplicaId): number => {
    if (voter === replica.self) return replica.durability.durableIndex;
    const peer = leadership.peers.get(voter);
    assert(peer !== undefined, 'a leader watches every voter');
    return peer.matchIndex;
  };
  return indexOf(quorumValue(replica.configuration, matchOf));
}
