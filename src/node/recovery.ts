import { FencepostError } from '../base/errors.ts';
import { limits } from '../base/limits.ts';
import { Prng } from '../base/prng.ts';
import { Base } from '../keyspace/base.ts';
import { restoreMeta, restoreRow } from '../keyspace/checkpoint.ts';
import { Keyspace, type KeyspaceOptions } from '../keyspace/keyspace.ts';
import { tokenOf } from '../keyspace/lease.ts';
import { Partition, type PartitionOptions } from '../partition/partition.ts';
import { Raft } from '../raft/raft.ts';
import { indexOf, NOBODY, type ReplicaId, replicaIdOf, termOf } from '../raft/types.ts';
import type { Store } from '../store/store.ts';
import type { Identity, RecoveredPartition } from '../store/store-port.ts';

export interface RecoveryOptions
  extends KeyspaceOptions,
    Pick<PartitionOptions, 'monotonicMs' | 'graceMs' | 'onPublish'> {
  readonly partitionCount: number;
  readonly electionTimeoutTicks: number;
  readonly heartbeatTicks: number;
}

/**
 * Builds the partitions of a node from what its disk holds: the state of the last checkpoint,
 * then the log after it, which the group itself applies once it knows what is committed.
 *
 * @throws FencepostError `BAD_OPTION` if the folder was made with another number of partitions,
 *   `DATA_DAMAGED` if the state is not what was written
 */
export async function recoverPartitions(
  store: Store,
  options: RecoveryOptions,
): Promise<readonly Partition[]> {
  checkPartitionCount(store, options.partitionCount);
  const partitions: Partition[] = [];
  for (let id = 0; id <= options.partitionCount; id += 1) {
    partitions.push(await recoverPartition(id, store, options));
  }
  return partitions;
}

async function recoverPartition(
  id: number,
  store: Store,
  options: RecoveryOptions,
): Promise<Partition> {
  const recovered = store.recovered.get(id);
  const base = await recoverBase(recovered);
  const { checkpoint } = recovered ?? {};
  const snapshot = {
    index: checkpoint?.index ?? indexOf(0),
    term: checkpoint?.term ?? termOf(0),
    timeMs: checkpoint?.timeMs ?? 0,
  };
  const self = replicaOf(store.identity);
  const raft = new Raft({
    self,
    configuration: { voters: [self], outgoing: [], learners: [] },
    hardState: recovered?.hardState ?? { term: termOf(0), votedFor: NOBODY },
    snapshot,
    entries: recovered?.entries ?? [],
    electionTimeoutTicks: options.electionTimeoutTicks,
    heartbeatTicks: options.heartbeatTicks,
    prng: new Prng(self + id),
  });
  return new Partition({
    ...options,
    id,
    raft,
    keyspace: new Keyspace(base, options),
    appliedIndex: snapshot.index,
    appliedTerm: snapshot.term,
    appliedTimeMs: snapshot.timeMs,
    lostToken: tokenOf(store.identity.cuts * tokenLeap),
  });
}

async function recoverBase(recovered: RecoveredPartition | undefined): Promise<Base> {
  const base = new Base(limits.databaseCount);
  if (recovered?.checkpoint === undefined) return base;
  for await (const rows of recovered.state()) for (const row of rows) restoreRow(base, row);
  restoreMeta(base, recovered.checkpoint.meta);
  return base;
}

/** More than a partition grants in its life (DESIGN 3). */
const tokenLeap = 2 ** 40;

/** Node id and incarnation in one number: a node that lost its disk is another replica. */
function replicaOf(identity: Identity): ReplicaId {
  return replicaIdOf(identity.nodeId * 2 ** 20 + identity.incarnation);
}

/** Keys lie where their slots lay when they were written. */
function checkPartitionCount(store: Store, partitionCount: number): void {
  if (store.recovered.size === 0) return;
  const found = Math.max(...store.recovered.keys());
  if (found === partitionCount) return;
  throw new FencepostError(
    'BAD_OPTION',
    `the data folder has ${found} partition(s), but ${partitionCount} were asked for`,
  );
}
