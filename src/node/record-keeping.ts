import type { Base } from '../keyspace/base.ts';
import type { Keyspace } from '../keyspace/keyspace.ts';
import { NEVER } from '../keyspace/lease.ts';
import type { PeerAddress } from '../transport/peer-hello.ts';
import { recordFounders } from './claim.ts';
import { findMember, type Member, memberDb, recordMember } from './members.ts';

export interface RecordState {
  /** Those on record. */
  readonly members: readonly Member[];
  readonly founders: readonly PeerAddress[];
  /** A name for the cluster, if it has none. */
  readonly foundingId: string;
  /** Under which a node was heard; 0 if it was not. */
  readonly incarnationOf: (nodeId: number) => number;
}

/**
 * What the leader of the meta group writes down: a name for the cluster, its founders, and then
 * under which incarnation each member was heard.
 */
export function keepRecord(
  keyspace: Keyspace,
  { members, founders, foundingId, incarnationOf }: RecordState,
): void {
  recordFounding(keyspace, foundingId);
  if (members.length === 0) recordFounders(keyspace, founders);
  for (const { nodeId } of members.length === 0 ? founders : members) {
    const member = findMember(keyspace, nodeId);
    // Who comes back after it was removed is recorded once it is added again.
    if (member === undefined || member.role === 'removed') continue;
    const incarnation = incarnationOf(nodeId);
    if (incarnation > member.incarnation) recordMember(keyspace, { ...member, incarnation });
  }
}

const foundingKey = 'founding';

/**
 * What the first leader named this cluster. Its founders have made `clusterId` of their flags, each
 * for itself, and so would those of one that is begun anew with the same flags.
 */
export function foundingIdOf(base: Base): string {
  return base.find(memberDb, foundingKey)?.value ?? '';
}

/** The leader of the meta group names the cluster, if it has no name. */
function recordFounding(keyspace: Keyspace, foundingId: string): void {
  if (keyspace.find(memberDb, foundingKey) !== undefined) return;
  keyspace.put(memberDb, foundingKey, foundingId, NEVER);
}
