/**
 * The vocabulary of consensus, in the words of Ongaro's thesis. These types are what the pure
 * core exchanges with the disk and the network; nothing here acts.
 */

declare const brand: unique symbol;

/** A leader's period; rises by one with every election. 0 before the first. */
export type Term = number & { readonly [brand]: 'Term' };
/** A place in a log, from 1; 0 is before the first entry. */
export type Index = number & { readonly [brand]: 'Index' };
/**
 * One replica of a group for ever: the node id and its incarnation in one safe integer
 * (`nodeId * 2^20 + incarnation`), so that a node that lost its disk never votes twice under one
 * name. 0 is nobody.
 */
export type ReplicaId = number & { readonly [brand]: 'ReplicaId' };

/** `as`: the only places where plain numbers become branded; callers vouch for the meaning. */
export const termOf = (value: number): Term => value as Term;
export const indexOf = (value: number): Index => value as Index;
export const replicaIdOf = (value: number): ReplicaId => value as ReplicaId;

const incarnationsMax = 2 ** 20;

/** The replica that a node's `incarnation` (from 1) stands for, in every group. */
export function replicaOf(nodeId: number, incarnation: number): ReplicaId {
  return replicaIdOf(nodeId * incarnationsMax + incarnation);
}

/** The id of the node that a replica lives on. */
export function nodeOf(replica: ReplicaId): number {
  return Math.floor(replica / incarnationsMax);
}

/** Which incarnation of its node a replica is of. */
export function incarnationOf(replica: ReplicaId): number {
  return replica % incarnationsMax;
}

export const NOBODY = replicaIdOf(0);

/**
 * What an entry is for. `noop` opens a term (thesis 6.4), `effects` carries one turn of commands,
 * `time` moves log time while leases exist, `configuration` changes the members.
 */
export type EntryKind = 'noop' | 'effects' | 'time' | 'configuration';

export interface Entry {
  readonly index: Index;
  readonly term: Term;
  /** Log time in ms (DESIGN: T), never falling along the log. */
  readonly timeMs: number;
  readonly kind: EntryKind;
  readonly payload: Buffer;
}

/** What must be on disk before any message that depends on it leaves (thesis 3.8). */
export interface HardState {
  readonly term: Term;
  readonly votedFor: ReplicaId;
}

/** The members of a group. Learners receive entries and count in no quorum (thesis 4.2.1). */
export interface Configuration {
  readonly voters: readonly ReplicaId[];
  /**
   * The voters of the configuration that is being left, while it is joint (thesis 4.3); empty
   * otherwise. They stand among `voters` or `learners` as well if they stay.
   */
  readonly outgoing: readonly ReplicaId[];
  readonly learners: readonly ReplicaId[];
}

/** The place at which a log begins: what came up to it is in the state. */
export interface LogBase {
  readonly index: Index;
  readonly term: Term;
  readonly timeMs: number;
}

/** What a state that is sent to a follower contains (thesis 5.3): also who the members were. */
export interface SnapshotPlace extends LogBase {
  readonly configuration: Configuration;
}
