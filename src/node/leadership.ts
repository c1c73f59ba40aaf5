import type { PeerProgress } from '../raft/progress.ts';
import { type Configuration, NOBODY, nodeOf, type ReplicaId } from '../raft/types.ts';

export interface LedGroup {
  readonly id: number;
  readonly configuration: Configuration;
  readonly progress: readonly PeerProgress[];
  readonly lastIndex: number;
}

/**
 * Who should lead a group, so that leaders spread evenly: the voters take turns by the number of
 * the partition. Every leader decides that alone and all come to the same result, so leadership
 * never goes round in circles.
 */
export function preferredLeader({ id, configuration }: LedGroup): ReplicaId {
  const voters = [...configuration.voters].sort((left, right) => left - right);
  return voters[id % Math.max(1, voters.length)] ?? NOBODY;
}

/**
 * To whom the leader should hand the group now; undefined if it should keep it.
 *
 * @param isSteady whether a node has been reachable for some time
 */
export function transferTarget(
  group: LedGroup,
  selfNodeId: number,
  isSteady: (nodeId: number) => boolean,
): ReplicaId | undefined {
  const preferred = preferredLeader(group);
  const nodeId = nodeOf(preferred);
  if (preferred === NOBODY || nodeId === selfNodeId || !isSteady(nodeId)) return undefined;
  return group.configuration.outgoing.length === 0 && mayLead(group, preferred)
    ? preferred
    : undefined;
}

/** The voter that can take over soonest, when this node is about to stop. */
export function successor(group: LedGroup): ReplicaId | undefined {
  const [best] = group.configuration.voters
    .filter((id) => mayLead(group, id))
    .sort((left, right) => matchOf(group, right) - matchOf(group, left));
  return best;
}

/** It answers, and its log is close to the leader's. */
function mayLead(group: LedGroup, id: ReplicaId): boolean {
  const peer = group.progress.find((each) => each.id === id);
  return peer?.isActive === true && peer.state === 'replicate';
}

function matchOf({ progress }: LedGroup, id: ReplicaId): number {
  return progress.find((each) => each.id === id)?.matchIndex ?? 0;
}
