import type { Partition } from '../partition/partition.ts';
import type { PeerProgress } from '../raft/progress.ts';
import { type Configuration, nodeOf, type ReplicaId, replicaOf } from '../raft/types.ts';
import type { Member } from './members.ts';

/** The voters and learners that a group is to have. */
export interface Membership {
  readonly voters: readonly ReplicaId[];
  readonly learners: readonly ReplicaId[];
}

export interface GroupView {
  /** The leader of the group, whose view it is. */
  readonly self: ReplicaId;
  readonly configuration: Configuration;
  /** What the leader of the group knows of the others. */
  readonly progress: readonly PeerProgress[];
  readonly lastIndex: number;
}

/**
 * The next step of a group on its way to the members that are wanted, for its leader to propose.
 *
 * New replicas begin as learners and become voters when they have caught up. A node that came
 * back under another incarnation is a new replica; the old one votes, absent as it is, until the
 * new one can take its place, so that the quorum never shrinks on the way.
 *
 * @param incarnationOf under which incarnation a node was last heard of, if it was
 * @returns the configuration to propose, or undefined if nothing is to be done now
 */
export function nextMembership(
  group: GroupView,
  members: readonly Member[],
  incarnationOf: (nodeId: number) => number | undefined,
): Membership | undefined {
  const { configuration } = group;
  if (configuration.outgoing.length > 0 || members.length === 0) return undefined;
  const voters: ReplicaId[] = [];
  const learners: ReplicaId[] = [];
  for (const member of members) {
    if (member.role === 'removed') continue;
    const part = membershipOf(member, group, incarnationOf(member.nodeId));
    voters.push(...part.voters);
    learners.push(...part.learners);
  }
  if (voters.length === 0) return undefined;
  const next = isAnswered(voters, group) ? { voters, learners } : onlyLearners(group, learners);
  const same =
    equal(next.voters, configuration.voters) && equal(next.learners, configuration.learners);
  return same ? undefined : { voters: sorted(next.voters), learners: sorted(next.learners) };
}

/** Whether a majority of these voters answers now: without one the change would never commit. */
function isAnswered(voters: readonly ReplicaId[], { self, progress }: GroupView): boolean {
  const active = voters.filter(
    (id) => id === self || progress.some((peer) => peer.id === id && peer.isActive),
  );
  return active.length > voters.length / 2;
}

/** The part of a change that needs nobody: who is to become a voter can catch up meanwhile. */
function onlyLearners(
  { configuration: { voters } }: GroupView,
  learners: readonly ReplicaId[],
): Membership {
  return { voters, learners: learners.filter((id) => !voters.includes(id)) };
}

/** One node's part of the next configuration. */
function membershipOf(
  { nodeId, role }: Member,
  { configuration, progress, lastIndex }: GroupView,
  incarnation: number | undefined,
): Membership {
  const ofNode = (id: ReplicaId): boolean => nodeOf(id) === nodeId;
  const voters = configuration.voters.filter(ofNode);
  const learners = configuration.learners.filter(ofNode);
  const newest = replicaIdMax([...voters, ...learners]);
  const heard = incarnation === undefined ? undefined : replicaOf(nodeId, incarnation);
  const wanted = replicaIdMax([newest, heard].filter((id) => id !== undefined));
  if (wanted === undefined) return { voters: [], learners: [] };
  if (role === 'learner') return { voters: [], learners: [wanted] };
  if (voters.includes(wanted)) return { voters: [wanted], learners: [] };
  const peer = progress.find(({ id }) => id === wanted);
  const caughtUp =
    peer?.isActive && peer.state === 'replicate' && peer.matchIndex + entriesBehindMax >= lastIndex;
  return caughtUp ? { voters: [wanted], learners: [] } : { voters, learners: [wanted] };
}

/** A learner so close behind follows the rest within a few round trips. */
const entriesBehindMax = 64;

function replicaIdMax(ids: readonly ReplicaId[]): ReplicaId | undefined {
  return ids.reduce<ReplicaId | undefined>(
    (most, id) => (most === undefined || id > most ? id : most),
    undefined,
  );
}

function sorted(ids: readonly ReplicaId[]): readonly ReplicaId[] {
  return [...ids].sort((left, right) => left - right);
}

function equal(left: readonly number[], right: readonly number[]): boolean {
  return left.length === right.length && left.every((id) => right.includes(id));
}

/** Whether a group here counts such a replica, whatever the record says. */
export function takesPart(
  partitions: readonly Partition[],
  isIt: (replica: ReplicaId) => boolean,
): boolean {
  return partitions.some(({ raft: { configuration } }) => {
    const { voters, outgoing, learners } = configuration;
    return voters.some(isIt) || outgoing.some(isIt) || learners.some(isIt);
  });
}

/** Its log came from members who let it in: a founder votes in its own from the first entry on. */
export function wasGivenLog(meta: Partition | undefined): boolean {
  if (meta === undefined || meta.raft.lastIndex === 0) return false;
  return !meta.raft.configuration.voters.includes(meta.raft.self);
}

/**
 * The nodes that belong to the cluster, and where they are: those on record; before there is a
 * record, those of the first start. And whoever takes part in a group, or has called this node
 * and is not on record: the record here may be behind, since a start has it as of the last
 * checkpoint, and only they can tell what is new.
 *
 * @param known who was dialled up to now
 * @param callers nodes that have dialled this one, and where they said that they are
 * @param isBehind the record is older than `known`, and can only add to it
 */
export function peersToDial({
  members,
  known,
  callers,
  partitions,
  isBehind,
}: {
  readonly members: readonly Member[];
  readonly known: ReadonlyMap<number, string>;
  readonly callers: ReadonlyMap<number, string>;
  readonly partitions: readonly Partition[];
  readonly isBehind: boolean;
}): ReadonlyMap<number, string> {
  const peers = new Map(isBehind ? known : []);
  const counts = (nodeId: number): boolean =>
    takesPart(partitions, (replica) => nodeOf(replica) === nodeId);
  for (const { nodeId, role, address } of members) {
    if (isBehind && known.has(nodeId)) continue;
    if (role !== 'removed' || counts(nodeId)) peers.set(nodeId, address);
  }
  for (const [nodeId, address] of known) {
    if (!peers.has(nodeId) && counts(nodeId)) peers.set(nodeId, address);
  }
  const onRecord = new Set(members.map(({ nodeId }) => nodeId));
  for (const [nodeId, address] of callers) {
    if (!peers.has(nodeId) && !onRecord.has(nodeId)) peers.set(nodeId, address);
  }
  return peers;
}
