import { randomBytes } from 'node:crypto';
import { limits } from '../base/limits.ts';
import type { Base } from '../keyspace/base.ts';
import type { Keyspace } from '../keyspace/keyspace.ts';
import { NEVER } from '../keyspace/lease.ts';
import type { PeerAddress, PeerHello } from '../transport/peer-hello.ts';
import { findMember, memberDb, recordMember } from './members.ts';
import { firstIncarnation } from './recovery.ts';

/**
 * How a node without data gets an incarnation that nobody used before it.
 *
 * It makes up a claim, a random number that names this one attempt, and shows it to its peers
 * with the incarnation that it would like. A peer never judges by what it has on record itself,
 * for it may be behind: it passes the claim on to the leader of the meta group, which grants an
 * incarnation once only, by an entry. A peer lets the node in when that entry is committed and
 * names this very claim. A grant that is read from a state of long ago is still the only one of
 * its incarnation, so a peer that was cut off can delay a node and never mislead it.
 */
export interface Claim {
  readonly nodeId: number;
  readonly incarnation: number;
  readonly claim: string;
}

/** The last incarnation of a node that was given away; `claim` is '' for that of a founder. */
export type Grant = Pick<Claim, 'incarnation' | 'claim'>;

const claimPattern = /^[0-9a-f]{32}$/;

export function newClaim(): string {
  return randomBytes(16).toString('hex');
}

export function isClaim(text: string): boolean {
  return claimPattern.test(text);
}

/** The claim of a node without data; undefined for one that has a folder. */
export function findClaim({ introduction }: PeerHello): string | undefined {
  return introduction !== undefined && isClaim(introduction.claim) ? introduction.claim : undefined;
}

const keyPrefix = 'grant:';
/** Ids that never became members and got a grant; who knows the secret could make up many. */
export const grantCountMax = 16 * limits.peerCountMax;

/**
 * The grant of a node: as it is committed if `state` is the base, as the leader of the meta group
 * executed it last if it is the keyspace.
 */
export function findGrant(state: Pick<Base | Keyspace, 'find'>, nodeId: number): Grant | undefined {
  const value = state.find(memberDb, `${keyPrefix}${nodeId}`)?.value;
  if (value === undefined) return undefined;
  const [incarnation, claim = ''] = value.split(' ');
  return { incarnation: Number(incarnation), claim };
}

/** The highest incarnation of a node that is spoken for; 0 for none. */
export function usedIncarnation(
  member: { readonly incarnation: number } | undefined,
  grant: Grant | undefined,
): number {
  return Math.max(member?.incarnation ?? 0, grant?.incarnation ?? 0);
}

/** The leader of the meta group gives an incarnation away, unless it is spoken for. */
export function grantClaim(keyspace: Keyspace, { nodeId, incarnation, claim }: Claim): void {
  const member = findMember(keyspace, nodeId);
  const grant = findGrant(keyspace, nodeId);
  if (incarnation <= usedIncarnation(member, grant) || incarnation > limits.incarnationMax) return;
  const isNew = member === undefined && grant === undefined;
  if (isNew && grantCount(keyspace.base) >= grantCountMax) return;
  putGrant(keyspace, { nodeId, incarnation, claim });
}

/**
 * The first record of a cluster. The configurations of its groups name the first incarnation of
 * every founder: whether the node was heard already or not, an empty folder cannot have it.
 */
export function recordFounders(keyspace: Keyspace, founders: readonly PeerAddress[]): void {
  for (const { nodeId, address } of founders) {
    if (findMember(keyspace, nodeId) !== undefined) continue;
    recordMember(keyspace, { nodeId, role: 'voter', incarnation: 0, address });
    putGrant(keyspace, { nodeId, incarnation: firstIncarnation, claim: '' });
  }
}

function putGrant(keyspace: Keyspace, { nodeId, incarnation, claim }: Claim): void {
  keyspace.put(memberDb, `${keyPrefix}${nodeId}`, `${incarnation} ${claim}`, NEVER);
}

function grantCount(base: Base): number {
  let count = 0;
  for (const { key } of base.list(memberDb)) if (key.startsWith(keyPrefix)) count += 1;
  return count;
}
