import type { PeerAddress, PeerHello } from '../transport/peer-hello.ts';
import type { Refusal } from '../transport/transport-options.ts';
import type { Member } from './members.ts';

/** What a node knows when a peer introduces itself. */
export interface Judge {
  readonly self: PeerHello;
  /** The members on record; empty before the first leader of the meta group wrote them. */
  readonly members: readonly Member[];
  /** The node of that id that is connected now, if there is one. */
  readonly connected: (nodeId: number) => PeerHello | undefined;
}

/**
 * Whether a peer that knows the secret may be linked with.
 *
 * @returns why not, with the exact difference; its code tells the peer whether trying again under
 *   another incarnation helps (`USED_INCARNATION`)
 */
export function refusalOf(
  hello: PeerHello,
  { self, members, connected }: Judge,
): Refusal | undefined {
  if (hello.nodeId === self.nodeId) {
    const text = `two nodes have the id ${self.nodeId}: give each its own --node-id`;
    return { code: 'SAME_NODE', text };
  }
  if (hello.clusterId !== self.clusterId && !isJoining(hello) && !isJoining(self)) {
    return { code: 'OTHER_CLUSTER', text: differenceOf(hello, self) };
  }
  if (isJoining(hello) || isJoining(self)) return undefined;
  if (hello.partitionCount !== self.partitionCount) {
    return { code: 'OTHER_CLUSTER', text: differenceOf(hello, self) };
  }
  const member = members.find(({ nodeId }) => nodeId === hello.nodeId);
  if (hello.joining && member !== undefined && hello.incarnation <= member.incarnation) {
    const used = `node ${hello.nodeId} was in the cluster as incarnation ${member.incarnation}`;
    return { code: 'USED_INCARNATION', text: `${used}, and the data folder does not hold that` };
  }
  if (member !== undefined && hello.incarnation < member.incarnation) {
    const newer = `incarnation ${member.incarnation} of node ${hello.nodeId} took its place`;
    return { code: 'REPLACED', text: `${newer}; this data folder is out of date` };
  }
  if (!hello.joining && member?.role === 'removed') {
    return { code: 'REMOVED', text: `node ${hello.nodeId} was removed from the cluster` };
  }
  const other = connected(hello.nodeId);
  if (other !== undefined && !isSameProcess(other, hello)) {
    const where = `the other serves clients at ${other.clientAddress}`;
    return { code: 'SAME_NODE', text: `two nodes have the id ${hello.nodeId}; ${where}` };
  }
  return undefined;
}

/** It has no data yet and asks which cluster this is. */
function isJoining({ joining, clusterId }: PeerHello): boolean {
  return joining && clusterId === '';
}

function isSameProcess(left: PeerHello, right: PeerHello): boolean {
  return left.clientAddress === right.clientAddress;
}

/** What two nodes that should be of one cluster do not agree on. */
function differenceOf(hello: PeerHello, self: PeerHello): string {
  const differences: string[] = [];
  if (hello.partitionCount !== self.partitionCount) {
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
