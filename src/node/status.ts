import type { Partition } from '../partition/partition.ts';
import { NOBODY } from '../raft/types.ts';

/** What a node says about one of its partitions. */
export interface PartitionStatus {
  readonly id: number;
  readonly ready: boolean;
  /** Ready here, or led by another node as far as this one knows. */
  readonly served: boolean;
  readonly term: number;
  readonly lastIndex: number;
  readonly appliedIndex: number;
  readonly lastToken: number;
  readonly leaseCount: number;
  /** Replies that wait for a commit or a read round. */
  readonly waitingCount: number;
}

export interface DatabaseStatus {
  readonly db: number;
  readonly keyCount: number;
  readonly expiringCount: number;
}

/** What a node says about its log. */
export interface LogStatus {
  readonly segmentCount: number;
  /** Turns whose write or sync is under way. */
  readonly turnsInFlight: number;
  /** About how many bytes a start would replay. */
  readonly bytesSinceCheckpoint: number;
  /** Checkpoints written since the start. */
  readonly checkpointCount: number;
}

/** Counted since the start, of all partitions while this node led them. */
export interface KeyCountStatus {
  readonly hitCount: number;
  readonly missCount: number;
  readonly expiredCount: number;
}

export interface NodeStatus {
  readonly log: LogStatus;
  readonly partitions: readonly PartitionStatus[];
  /** Databases that hold a key, by number. */
  readonly databases: readonly DatabaseStatus[];
  readonly keyCounts: KeyCountStatus;
  readonly scriptCount: number;
  readonly scriptBytes: number;
}

/** The state of the partitions at this moment, committed leases only. */
export function statusOf(partitions: readonly Partition[], log: LogStatus): NodeStatus {
  const meta = partitions[0]?.keyspace;
  return {
    log,
    partitions: partitions.map(partitionStatus),
    databases: databaseStatuses(partitions),
    keyCounts: keyCountStatus(partitions),
    scriptCount: meta?.scriptCount ?? 0,
    scriptBytes: meta?.scriptBytes ?? 0,
  };
}

function partitionStatus(partition: Partition): PartitionStatus {
  const { id, ready, raft, keyspace, appliedIndex, waitingCount } = partition;
  const { base } = keyspace;
  let leaseCount = 0;
  // What the cluster keeps for itself is nobody's lease.
  const databaseCount = id === 0 ? 0 : base.databaseCount;
  for (let db = 0; db < databaseCount; db += 1) leaseCount += base.size(db);
  const { term, lastIndex, leader, self } = raft;
  const { lastToken } = base;
  const served = ready || (leader !== NOBODY && leader !== self);
  const log = { term, lastIndex, appliedIndex, lastToken };
  return { id, ready, served, ...log, leaseCount, waitingCount };
}

function databaseStatuses(partitions: readonly Partition[]): readonly DatabaseStatus[] {
  const databaseCount = partitions[0]?.keyspace.base.databaseCount ?? 0;
  const databases: DatabaseStatus[] = [];
  for (let db = 0; db < databaseCount; db += 1) {
    let keyCount = 0;
    let expiringCount = 0;
    for (const { id, keyspace } of partitions) {
      // What the cluster keeps for itself is nobody's key.
      if (id === 0) continue;
      keyCount += keyspace.base.size(db);
      expiringCount += keyspace.base.expiringCount(db);
    }
    if (keyCount > 0) databases.push({ db, keyCount, expiringCount });
  }
  return databases;
}

function keyCountStatus(partitions: readonly Partition[]): KeyCountStatus {
  let [hitCount, missCount, expiredCount] = [0, 0, 0];
  for (const { id, keyspace } of partitions) {
    if (id === 0) continue;
    hitCount += keyspace.counts.hitCount;
    missCount += keyspace.counts.missCount;
    expiredCount += keyspace.counts.expiredCount;
  }
  return { hitCount, missCount, expiredCount };
}
