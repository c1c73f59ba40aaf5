import { FencepostError } from '../base/errors.ts';
import { limits } from '../base/limits.ts';
import { takeCheckpoint } from '../keyspace/checkpoint.ts';
import type { Partition } from '../partition/partition.ts';
import type { Index } from '../raft/types.ts';
import type { Store } from '../store/store.ts';
import { encodeCheckpointMeta } from './checkpoint-meta.ts';

export type CheckpointStore = Pick<
  Store,
  'checkpoint' | 'logBytesSinceCheckpoint' | 'segmentCount' | 'pinningPartitions'
>;

/**
 * Writes checkpoints, one at a time: of a partition whose log since its last one is long, that
 * changed many keys, or whose old entries alone keep a segment of the log. Between checkpoints
 * the log alone is written.
 */
export class Checkpointer {
  readonly #store: CheckpointStore;
  readonly #partitions: readonly Partition[];
  #running: Promise<void> | undefined;
  readonly #streamedIndex: (partition: number) => Index | undefined;
  readonly #lastIndexes = new Map<number, Index>();
  #count = 0;

  /** @param streamedIndex the oldest state of a partition that is on its way to a follower */
  constructor(
    store: CheckpointStore,
    partitions: readonly Partition[],
    streamedIndex: (partition: number) => Index | undefined = () => undefined,
  ) {
    this.#store = store;
    this.#partitions = partitions;
    this.#streamedIndex = streamedIndex;
  }

  /** Checkpoints that were written. */
  get count(): number {
    return this.#count;
  }

  /** Begins a checkpoint if one is due and none is being written. */
  maybeBegin(): void {
    if (this.#running !== undefined) return;
    const partition = this.#findDue() ?? this.#findPinning();
    if (partition === undefined) return;
    this.#running = this.#write(partition).finally(() => {
      this.#running = undefined;
    });
  }

  /** Resolves when no checkpoint is being written. */
  async idle(): Promise<void> {
    await this.#running;
  }

  #findDue(): Partition | undefined {
    return this.#partitions.find((partition) => {
      const isDue =
        partition.keyspace.base.changedKeyCount >= limits.checkpointKeyCount ||
        this.#store.logBytesSinceCheckpoint(partition.id) >= this.#dueLogBytes;
      return isDue && this.#hasMoved(partition) && knowsMembers(partition);
    });
  }

  /** What all partitions together keep in memory and on disk is bounded, however many they are. */
  get #dueLogBytes(): number {
    const share = limits.checkpointLogBytes / this.#partitions.length;
    return Math.max(limits.checkpointLogBytesMin, share);
  }

  /** A quiet partition whose few entries keep a segment that nobody else needs. */
  #findPinning(): Partition | undefined {
    if (this.#store.segmentCount <= segmentCountKept) return undefined;
    const [id] = this.#store.pinningPartitions;
    const partition = id === undefined ? undefined : this.#partitions[id];
    if (partition === undefined || !this.#hasMoved(partition)) return undefined;
    return knowsMembers(partition) ? partition : undefined;
  }

  /** A checkpoint where the last one was would free nothing: what came since is not committed. */
  #hasMoved({ id, appliedIndex }: Partition): boolean {
    return appliedIndex !== this.#lastIndexes.get(id);
  }

  async #write(partition: Partition): Promise<void> {
    try {
      const { id, raft, appliedIndex: index, appliedTerm: term, appliedTimeMs: timeMs } = partition;
      const { meta: keyspace, changes } = takeCheckpoint(partition.keyspace.base);
      const configuration = raft.configurationAt(index);
      const meta = encodeCheckpointMeta({ configuration, keyspace });
      await this.#store.checkpoint({ partition: id, index, term, timeMs, meta, changes });
      // One checkpoint's worth of entries stays, so that a follower that is a little behind does
      // not need the whole state; and what follows a state that is on its way to one.
      const before = this.#lastIndexes.get(id);
      const streamed = this.#streamedIndex(id) ?? index;
      if (before !== undefined) partition.compactUpTo(streamed < before ? streamed : before);
      this.#lastIndexes.set(id, index);
      this.#count += 1;
    } catch (failure) {
      // The store's `onFailure` has stopped the node already, and there is nobody else to tell.
      if (!(failure instanceof FencepostError)) throw failure;
    }
  }
}

/**
 * Whether the log as far as it is applied says who the members are. A replica that joined may have
 * to wait for that: a checkpoint from before would pass its ignorance on to whoever is sent it.
 */
function knowsMembers({ raft, appliedIndex }: Partition): boolean {
  return raft.configurationAt(appliedIndex).voters.length > 0;
}

/** The segment that is written, and the one before it. */
const segmentCountKept = 2;
