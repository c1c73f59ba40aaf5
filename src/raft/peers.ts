import { isVoterIn, othersOf } from './configuration.ts';
import { Progress } from './progress.ts';
import type { Replica } from './replica.ts';
import type { Index, ReplicaId } from './types.ts';

export type Peers = ReadonlyMap<ReplicaId, Progress>;

export const noPeers: Peers = new Map();

/**
 * Whom a leader feeds: every other member of its configuration. Who was a member before keeps its
 * progress; whoever is new, or comes back, gets one with a session of its own, so that no reply to
 * an earlier one is taken for this one's (`mutants/classes.ts`, B15).
 *
 * @param nextIndex where the search for the place of a new one begins
 */
export function watchMembers(replica: Replica, known: Peers, nextIndex: Index): Peers {
  const { configuration } = replica;
  const peers = new Map<ReplicaId, Progress>();
  for (const id of othersOf(configuration, replica.self)) {
    const isLearner = !isVoterIn(configuration, id);
    const peer = known.get(id) ?? newProgress(replica, id, nextIndex);
    peer.isLearner = isLearner;
    peers.set(id, peer);
  }
  return peers;
}

function newProgress(replica: Replica, id: ReplicaId, nextIndex: Index): Progress {
  const session = replica.nextSession;
  replica.nextSession += 1;
  return new Progress({ id, session, nextIndex });
}
