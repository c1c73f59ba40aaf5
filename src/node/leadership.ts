import type { Partition } from '../partition/partition.ts';
import type { PeerProgress } from '../raft/progress.ts';
import {
  type Configuration,
  incarnationOf,
  NOBODY,
  nodeOf,
  type ReplicaId,
} from '../raft/types.ts';

export interface LedGroup {
  readonly id: number;
  readonly configuration: Configuration;
  readonly progress: readonly PeerProgress[];
  readonly lastIndex: number;
}

export function groupOf({ id, raft }: Partition): LedGroup {
  const { configuration, lastIndex } = raft;
  return { id, configuration, lastIndex, progress: raft.progress() };
}

/**
 * Who should lead a group, so that leaders spread evenly: the voters take turns by the number of
 * the partition. Every leader decides that alone and all come to the same result, so leadership
 * never goes round in circles.
 */
export function preferredLeader(
  { id, configuration }: LedGroup,
  stays: (nodeId: number) => boolean = () => true,
  pinnedTo?: number,
): ReplicaId {
  const voters = configuration.voters
    .filter((voter) => stays(nodeOf(voter)))
    .sort((left, right) => left - right);
  const pinned = voters.find((voter) => nodeOf(voter) === pinnedTo);
  if (pinned !== undefined) return pinned;
  return voters[id % Math.max(1, voters.length)] ?? NOBODY;
}

export interface Candidates {
  readonly self: number;
  /** Whether the node is to stay a voter. */
  readonly stays: (nodeId: number) => boolean;
  /** Whether it has been reachable for some time. */
  readonly isSteady: (nodeId: number) => boolean;
  /** The node that an operator chose to lead the group. */
  readonly pinnedTo?: number | undefined;
}

/** To whom the leader should hand the group now; undefined if it should keep it. */
export function transferTarget(
  group: LedGroup,
  { self, stays, isSteady, pinnedTo }: Candidates,
): ReplicaId | undefined {
  const preferred = preferredLeader(group, stays, pinnedTo);
  const nodeId = nodeOf(preferred);
  if (preferred === NOBODY || nodeId === self || !isSteady(nodeId)) return undefined;
  return group.configuration.outgoing.length === 0 && mayLead(group, preferred)
    ? preferred
    : undefined;
}

/** The voter that can take over soonest, when this node is about to stop or to leave. */
export function successor(
  group: LedGroup,
  mayBe: (id: ReplicaId) => boolean = () => true,
): ReplicaId | undefined {
  const [best] = group.configuration.voters
    .filter((id) => mayBe(id) && mayLead(group, id))
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

/** As a line of the log names it: the node, and which incarnation if it is not the first. */
export function shownReplica(id: ReplicaId): string {
  const incarnation = incarnationOf(id);
  return incarnation === 1 ? `${nodeOf(id)}` : `${nodeOf(id)} (incarnation ${incarnation})`;
}

/** Somebody else leads the group from now on, if any other voter can. */
export function handOver(partition: Partition): void {
  const heir = successor(groupOf(partition));
  if (heir !== undefined) partition.raft.transferLeadership(heir);
}
