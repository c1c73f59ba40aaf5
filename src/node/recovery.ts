import { randomInt } from 'node:crypto';
import { FencepostError } from '../base/errors.ts';
import { limits } from '../base/limits.ts';
import { Prng } from '../base/prng.ts';
import { Base } from '../keyspace/base.ts';
import { restoreMeta, restoreRow } from '../keyspace/checkpoint.ts';
import { hashSeedMax } from '../keyspace/key-index.ts';
import { Keyspace, type KeyspaceOptions } from '../keyspace/keyspace.ts';
import { tokenOf } from '../keyspace/lease.ts';
import { Partition, type PartitionOptions } from '../partition/partition.ts';
import { Raft } from '../raft/raft.ts';
import { type Configuration, indexOf, NOBODY, nodeOf, replicaOf, termOf } from '../raft/types.ts';
import type { Store } from '../store/store.ts';
import type { RecoveredPartition } from '../store/store-port.ts';
import { decodeCheckpointMeta, encodeCheckpointMeta } from './checkpoint-meta.ts';

export interface RecoveryOptions
  extends KeyspaceOptions,
    Pick<PartitionOptions, 'monotonicMs' | 'graceMs' | 'onPublish'> {
  readonly partitionCount: number;
  readonly electionTimeoutTicks: number;
  readonly heartbeatTicks: number;
  readonly quiesceTicks: number;
}

const nobody: Configuration = { voters: [], outgoing: [], learners: [] };

/**
 * Writes down in the empty state of every partition who its first members are, so that a replica
 * never depends on the flags of a later start for that (`mutants/classes.ts`, B14). The last
 * partition comes first: a start that found this half done knows from it how many there are.
 *
 * @param founders the nodes of a cluster that begins with this one; none if this node joins
 */
export async function foundGroups(
  store: Store,
  partitionCount: number,
  founders: readonly number[],
): Promise<void> {
  const voters = founders.map((nodeId) => replicaOf(nodeId, firstIncarnation));
  const meta = encodeCheckpointMeta({ configuration: { ...nobody, voters }, keyspace: undefined });
  for (let partition = partitionCount; partition >= 0; partition -= 1) {
    if (store.recovered.get(partition)?.checkpoint !== undefined) continue;
    const index = indexOf(0);
    await store.checkpoint({ partition, index, term: termOf(0), timeMs: 0, meta, changes: [] });
  }
}

/** Every node of a cluster that begins has this incarnation. */
export const firstIncarnation = 1;

/**
 * Builds the partitions of a node from what its disk holds: the state of the last checkpoint,
 * then the log after it, which the group itself applies once it knows what is committed.
 *
 * @param founders as `foundGroups` was told in this start; what the disk says goes before it.
 *   Undefined for a node alone: it is its own group, under whichever incarnation it has now
 * @throws FencepostError `DATA_DAMAGED` if the state is not what was written,
 *   `DATA_FOLDER_UNUSABLE` if a node alone finds that its groups have, or had, other members
 */
export async function recoverPartitions(
  store: Pick<Store, 'identity' | 'recovered'>,
  options: RecoveryOptions,
  founders: readonly number[] | undefined,
): Promise<readonly Partition[]> {
  const { nodeId, incarnation } = store.identity;
  const self = replicaOf(nodeId, incarnation);
  const alone = founders === undefined;
  const voters = founders?.map((founder) => replicaOf(founder, firstIncarnation)) ?? [self];
  const partitions: Partition[] = [];
  for (let id = 0; id <= options.partitionCount; id += 1) {
    const recovered = store.recovered.get(id);
    const meta = metaOf(recovered);
    if (alone) checkAlone(nodeId, meta?.configuration, recovered);
    const base = await recoverBase(recovered, meta?.keyspace);
    const { checkpoint } = recovered ?? {};
    const snapshot = {
      index: checkpoint?.index ?? indexOf(0),
      term: checkpoint?.term ?? termOf(0),
      timeMs: checkpoint?.timeMs ?? 0,
      configuration: alone ? undefined : meta?.configuration,
    };
    const raft = new Raft({
      self,
      configuration: { ...nobody, voters },
      hardState: recovered?.hardState ?? { term: termOf(0), votedFor: NOBODY },
      snapshot,
      entries: recovered?.entries ?? [],
      electionTimeoutTicks: options.electionTimeoutTicks,
      heartbeatTicks: options.heartbeatTicks,
      quiesceTicks: options.quiesceTicks,
      prng: new Prng(self + id),
    });
    const partition = new Partition({
      ...options,
      id,
      raft,
      keyspace: new Keyspace(base, options),
      appliedIndex: snapshot.index,
      appliedTerm: snapshot.term,
      appliedTimeMs: snapshot.timeMs,
      lostToken: tokenOf(store.identity.cuts * tokenLeap),
    });
    partitions.push(partition);
  }
  return partitions;
}

/**
 * A repair that found no identity file makes a new one, which knows of no peers. A node that went
 * on alone from there would grant what the cluster it belongs to grants as well.
 */
function checkAlone(
  nodeId: number,
  members: Configuration | undefined,
  recovered: RecoveredPartition | undefined,
): void {
  const isOwn = members?.voters.every((id) => nodeOf(id) === nodeId) ?? true;
  const isJoined = members?.voters.length === 0;
  const changed = recovered?.entries.some(({ kind }) => kind === 'configuration') ?? false;
  if (isOwn && !isJoined && !changed) return;
  const what = 'the data folder is of a node of a cluster, but its identity file names no peers';
  const advice = 'start the node on an empty folder, with the --node-id and --peers of the cluster';
  throw new FencepostError('DATA_FOLDER_UNUSABLE', `${what}: ${advice}`);
}

function metaOf(recovered: RecoveredPartition | undefined) {
  const { checkpoint } = recovered ?? {};
  return checkpoint === undefined ? undefined : decodeCheckpointMeta(checkpoint.meta);
}

async function recoverBase(
  recovered: RecoveredPartition | undefined,
  meta: Buffer | undefined,
): Promise<Base> {
  const base = new Base(limits.databaseCount, randomInt(hashSeedMax));
  if (recovered?.checkpoint === undefined) return base;
  for await (const rows of recovered.state()) for (const row of rows) restoreRow(base, row);
  if (meta !== undefined) restoreMeta(base, meta);
  return base;
}

/** More than a partition grants in its life (DESIGN.md 3). */
const tokenLeap = 2 ** 40;
