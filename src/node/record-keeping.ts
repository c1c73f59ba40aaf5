import type { Keyspace } from '../keyspace/keyspace.ts';
import type { PeerAddress } from '../transport/peer-hello.ts';
import { recordFounders } from './claim.ts';
import { findMember, type Member, recordMember } from './members.ts';

export interface RecordState {
  /** Those on record. */
  readonly members: readonly Member[];
  readonly founders: readonly PeerAddress[];
  /** Under which a node was heard; 0 if it was not. */
  readonly incarnationOf: (nodeId: number) => number;
}

/**
 * What the leader of the meta group writes down: first the founders, then under which incarnation
 * each member was heard.
 */
export function keepRecord(
  keyspace: Keyspace,
  { members, founders, incarnationOf }: RecordState,
): void {
  if (members.length === 0) recordFounders(keyspace, founders);
  for (const { nodeId } of members.length === 0 ? founders : members) {
    const member = findMember(keyspace, nodeId);
    // Who comes back after it was removed is recorded once it is added again.
    if (member === undefined || member.role === 'removed') continue;
    const incarnation = incarnationOf(nodeId);
    if (incarnation > member.incarnation) recordMember(keyspace, { ...member, incarnation });
  }
}
