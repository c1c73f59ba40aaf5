import type { ByteString } from '../base/byte-string.ts';
import type { Base } from '../keyspace/base.ts';
import type { Keyspace } from '../keyspace/keyspace.ts';
import { NEVER } from '../keyspace/lease.ts';

/**
 * Who belongs to the cluster: what an operator wants, which the leaders of the groups then bring
 * about. It is kept in the meta group, as leases without an end in its database 0 (no client's key
 * lies there): `member:3` is held by `voter 1 10.0.0.3:17379`. A node that left stays on record,
 * because its replicas voted, and their names must not be used again.
 */
export interface Member {
  readonly nodeId: number;
  /** What it is to become in every group; a voter is a learner until it has caught up. */
  readonly role: 'learner' | 'voter' | 'removed';
  /** The highest incarnation under which it was heard; 0 before. */
  readonly incarnation: number;
  /** Where its peers reach it: `host:port`. */
  readonly address: string;
}

export const memberDb = 0;
const prefix = 'member:';
const roles = ['learner', 'voter', 'removed'] as const;

export function memberKey(nodeId: number): ByteString {
  return `${prefix}${nodeId}`;
}

export function memberValue({ role, incarnation, address }: Omit<Member, 'nodeId'>): ByteString {
  return `${role} ${incarnation} ${address}`;
}

/** The members on record, those that left among them, by rising id. */
export function membersOf(base: Base): readonly Member[] {
  const members: Member[] = [];
  for (const { key, value } of base.list(memberDb)) {
    if (key.startsWith(prefix)) members.push(memberOf(Number(key.slice(prefix.length)), value));
  }
  return members.sort((left, right) => left.nodeId - right.nodeId);
}

/**
 * The record of one node as the leader of the meta group executed it last, committed or not:
 * what it writes next must not take back what is on its way.
 */
export function findMember(keyspace: Keyspace, nodeId: number): Member | undefined {
  const value = keyspace.find(memberDb, memberKey(nodeId))?.value;
  return value === undefined ? undefined : memberOf(nodeId, value);
}

/** The leader of the meta group puts a node on record, as it is not yet. */
export function recordMember(keyspace: Keyspace, member: Member): void {
  const key = memberKey(member.nodeId);
  const value = memberValue(member);
  if (keyspace.find(memberDb, key)?.value === value) return;
  keyspace.put(memberDb, key, value, NEVER);
}

function memberOf(nodeId: number, value: ByteString): Member {
  const [word, incarnation, address = ''] = value.split(' ');
  const role = roles.find((each) => each === word) ?? 'learner';
  return { nodeId, role, incarnation: Number(incarnation), address };
}

/**
 * Whether nobody else votes, as the leader of the meta group executed it last: two operators may
 * remove each other's voter at the same time.
 */
export function isLastVoter(
  keyspace: Keyspace,
  members: readonly Member[],
  nodeId: number,
): boolean {
  return !members.some(
    (each) => each.nodeId !== nodeId && findMember(keyspace, each.nodeId)?.role === 'voter',
  );
}
