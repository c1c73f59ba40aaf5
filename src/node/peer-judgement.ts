import type { PeerAddress, PeerHello } from '../transport/peer-hello.ts';
import type { Refusal } from '../transport/transport-options.ts';
import { findClaim, type Grant, usedIncarnation } from './claim.ts';
import type { Member } from './members.ts';
import { firstIncarnation } from './recovery.ts';

/** What a node knows when a peer introduces itself. */
export interface Judge {
  readonly self: PeerHello;
  /** The members on record; empty before the first leader of the meta group wrote them. */
  readonly members: readonly Member[];
  /** The last incarnation of the peer that was given away. */
  readonly grant: Grant | undefined;
  /**
   * This node founds the cluster as well, and no record of members can be on its way to it: it
   * knows no more than a peer that begins.
   */
  readonly begins: boolean;
  /** A group here counts this very replica of the peer: the record may be behind. */
  readonly takesPart: boolean;
}

/** Codes of the refusals of a node, beside those of the transport. */
export const judgements = {
  /** The peer has the id of this node. */
  sameNode: 'SAME_NODE',
  otherCluster: 'OTHER_CLUSTER',
  /** The incarnation belongs to replicas that the peer knows nothing of. */
  usedIncarnation: 'USED_INCARNATION',
  /** A later incarnation took its place. */
  replaced: 'REPLACED',
  removed: 'REMOVED',
  /** This node cannot say yet: it has to find its leader first. */
  notReady: 'NOT_READY',
  /** The leader of the meta group has to grant the incarnation first. */
  notGranted: 'NOT_GRANTED',
} as const;

/**
 * Whether a peer that knows the secret may be linked with. Two processes with one id are told
 * apart by the transport.
 *
 * @returns why not, with the exact difference; its code tells the peer whether trying again under
 *   another incarnation helps (`USED_INCARNATION`)
 */
export function refusalOf(
  hello: PeerHello,
  { self, members, grant, begins, takesPart }: Judge,
): Refusal | undefined {
  const { nodeId, incarnation } = hello;
  if (nodeId === self.nodeId) {
    const text = `two nodes have the id ${self.nodeId}: give each its own --node-id`;
    return { code: judgements.sameNode, text };
  }
  if (isJoining(self)) return hello.joining ? notReady(self) : undefined;
  const isOther =
    hello.clusterId !== self.clusterId ||
    partitionCountsDiffer(hello, self) ||
    foundingsDiffer(hello, self);
  if (isOther && !isJoining(hello)) {
    return { code: judgements.otherCluster, text: differenceOf(hello, self) };
  }
  if (hello.joining && members.length === 0) {
    // Whoever begins as well cannot know more; everybody else will.
    return begins && isFounder(hello) ? undefined : notReady(self);
  }
  const member = members.find((each) => each.nodeId === nodeId);
  if (hello.joining && (!isFounder(hello) || findClaim(hello) !== undefined)) {
    return refusalOfClaim(hello, { self, member, grant });
  }
  if (member === undefined) return undefined;
  if (hello.joining && incarnation <= member.incarnation) return used(nodeId, member.incarnation);
  if (incarnation < member.incarnation) {
    const newer = `incarnation ${member.incarnation} of node ${nodeId} took its place`;
    return { code: judgements.replaced, text: `${newer}; this data folder is out of date` };
  }
  if (incarnation === member.incarnation && member.role === 'removed' && !takesPart) {
    return { code: judgements.removed, text: `node ${nodeId} was removed from the cluster` };
  }
  return undefined;
}

/** A node without data is let in under an incarnation that was granted to it and nobody else. */
function refusalOfClaim(
  hello: PeerHello,
  { self, member, grant }: { readonly member: Member | undefined } & Pick<Judge, 'self' | 'grant'>,
): Refusal | undefined {
  const { nodeId, incarnation } = hello;
  const claim = findClaim(hello);
  const isGranted = grant?.incarnation === incarnation && grant.claim === claim;
  if (claim !== undefined && isGranted) return undefined;
  const highest = usedIncarnation(member, grant);
  if (incarnation <= highest) return used(nodeId, highest);
  const what = `incarnation ${incarnation} of node ${nodeId}, which a majority has to agree to`;
  const text = `node ${self.nodeId} asks the leader of the cluster for ${what}`;
  return { code: judgements.notGranted, text };
}

function notReady({ nodeId }: PeerHello): Refusal {
  const text = `node ${nodeId} does not know yet who the members of the cluster are`;
  return { code: judgements.notReady, text };
}

function used(nodeId: number, incarnation: number): Refusal {
  const text = `node ${nodeId} was in the cluster as incarnation ${incarnation}`;
  return {
    code: judgements.usedIncarnation,
    text: `${text}, and the data folder does not hold that`,
    usedIncarnation: incarnation,
  };
}

/** It was told who founds the cluster, and takes itself for one of them. */
export function isFounder({ clusterId, incarnation }: PeerHello): boolean {
  return clusterId !== '' && incarnation === firstIncarnation;
}

/** It has no data yet and asks which cluster this is. */
function isJoining({ joining, clusterId }: PeerHello): boolean {
  return joining && clusterId === '';
}

/** A node that lost its data may not know how many there are; it says 0. */
function partitionCountsDiffer(hello: PeerHello, self: PeerHello): boolean {
  const [there, here] = [hello.partitionCount, self.partitionCount];
  return there !== 0 && here !== 0 && there !== here;
}

/** A cluster that is begun anew with the same flags is another one. */
function foundingsDiffer({ foundingId: there }: PeerHello, { foundingId: here }: PeerHello) {
  return there !== '' && here !== '' && there !== here;
}

/** What two nodes that should be of one cluster do not agree on. */
function differenceOf(hello: PeerHello, self: PeerHello): string {
  const differences: string[] = [];
  if (partitionCountsDiffer(hello, self)) {
    differences.push(`--partitions ${hello.partitionCount} there, ${self.partitionCount} here`);
  }
  if (foundingsDiffer(hello, self)) {
    const what = 'the cluster was begun anew, and the data folder of one of them is from before';
    differences.push(what);
  }
  const there = new Map(hello.peers.map(({ nodeId, address }) => [nodeId, address]));
  const here = new Map(self.peers.map(({ nodeId, address }) => [nodeId, address]));
  for (const nodeId of new Set([...there.keys(), ...here.keys()])) {
    const [left, right] = [there.get(nodeId), here.get(nodeId)];
    if (left === right) continue;
    differences.push(`node ${nodeId} is ${left ?? 'absent'} there, ${right ?? 'absent'} here`);
  }
  const clusters = `node ${hello.nodeId} is of cluster ${hello.clusterId}, node ${self.nodeId} of`;
  const found = differences.length === 0 ? '' : `: ${differences.join('; ')}`;
  return `${clusters} ${self.clusterId}${found}`;
}

/** The peers of a node in the order that every node agrees on. */
export function sortedPeers(peers: ReadonlyMap<number, string>): readonly PeerAddress[] {
  return [...peers]
    .map(([nodeId, address]) => ({ nodeId, address }))
    .sort((left, right) => left.nodeId - right.nodeId);
}
