import type { PeerAddress, PeerHello } from '../transport/peer-hello.ts';
import type { Refusal } from '../transport/transport-options.ts';
import type { Member } from './members.ts';

/** What a node knows when a peer introduces itself. */
export interface Judge {
  readonly self: PeerHello;
  /** The members on record; empty before the first leader of the meta group wrote them. */
  readonly members: readonly Member[];
  /** This node saw the record in an earlier start: a node that is not on it yet has to wait. */
  readonly established: boolean;
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
  { self, members, established }: Judge,
): Refusal | undefined {
  const { nodeId, incarnation } = hello;
  if (nodeId === self.nodeId) {
    const text = `two nodes have the id ${self.nodeId}: give each its own --node-id`;
    return { code: judgements.sameNode, text };
  }
  if (isJoining(self)) return undefined;
  const isOther = hello.clusterId !== self.clusterId || partitionCountsDiffer(hello, self);
  if (isOther && !isJoining(hello)) {
    return { code: judgements.otherCluster, text: differenceOf(hello, self) };
  }
  // Whoever begins as well cannot know more; everybody else will.
  if (hello.joining && members.length === 0 && (established || !self.joining)) {
    const text = `node ${self.nodeId} does not know yet who the members of the cluster are`;
    return { code: judgements.notReady, text };
  }
  const member = members.find((each) => each.nodeId === nodeId);
  if (member === undefined) return undefined;
  if (hello.joining && incarnation <= member.incarnation) {
    const used = `node ${nodeId} was in the cluster as incarnation ${member.incarnation}`;
    const text = `${used}, and the data folder does not hold that`;
    return { code: judgements.usedIncarnation, text };
  }
  if (incarnation < member.incarnation) {
    const newer = `incarnation ${member.incarnation} of node ${nodeId} took its place`;
    return { code: judgements.replaced, text: `${newer}; this data folder is out of date` };
  }
  if (incarnation === member.incarnation && member.role === 'removed') {
    return { code: judgements.removed, text: `node ${nodeId} was removed from the cluster` };
  }
  return undefined;
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

/** What two nodes that should be of one cluster do not agree on. */
function differenceOf(hello: PeerHello, self: PeerHello): string {
  const differences: string[] = [];
  if (partitionCountsDiffer(hello, self)) {
    differences.push(`--partitions ${hello.partitionCount} there, ${self.partitionCount} here`);
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
