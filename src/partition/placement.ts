import { assert } from '../base/assert.ts';
import type { ByteString } from '../base/byte-string.ts';
import type { Command } from '../commands/command.ts';
import { keysOf } from '../commands/key-positions.ts';
import { partitionOfSlot, slotOf } from '../keyspace/slot.ts';
import { PartitionContext, type PartitionContextOptions } from './context.ts';
import type { Partition } from './partition.ts';

/** A partition, and what commands see that run in it. */
export interface Place {
  readonly partition: Partition;
  readonly context: PartitionContext;
}

/** A command that runs in one partition, or in each of them. */
export type PartitionCommand = Exclude<Command, { readonly runs: 'container' | 'session' }>;

/**
 * Which partition a command belongs to. With one partition of slots a command may name any keys;
 * with more, all its keys must lie in one slot, as in Redis Cluster.
 */
export class Placement {
  readonly meta: Place;
  /** The partitions of slots, in the order of their slots. */
  readonly data: readonly Place[];
  readonly #all: readonly Place[];

  /** @param partitions partition 0, then the partitions of slots; each at the place of its id */
  constructor(
    partitions: readonly Partition[],
    seen: Pick<PartitionContextOptions, 'server' | 'commands' | 'wallMs'>,
  ) {
    const [meta] = partitions;
    assert(meta !== undefined && partitions.length > 1, 'there is a partition of slots');
    this.#all = partitions.map((partition, id) => {
      assert(partition.id === id, 'a partition stands at the place of its id');
      const owns = (keys: readonly ByteString[]): boolean => this.#owns(partition, keys);
      return { partition, context: new PartitionContext({ ...seen, partition, meta, owns }) };
    });
    this.meta = this.get(0);
    this.data = this.#all.slice(1);
  }

  find(id: number): Place | undefined {
    return this.#all[id];
  }

  get(id: number): Place {
    const place = this.#all[id];
    assert(place !== undefined, 'a partition is named that exists');
    return place;
  }

  /** Where the command runs; undefined if its keys lie in several slots. */
  placeOf(command: PartitionCommand, args: readonly ByteString[]): Place | undefined {
    if (command.runs === 'meta') return this.meta;
    if (this.data.length === 1) return this.data[0];
    if (command.runs === 'channel') return this.placeOfKeys(args.slice(1, 2));
    return this.placeOfKeys(keysOf(command, args) ?? []);
  }

  /** The partition of keys that share a slot; undefined if they do not. */
  placeOfKeys(keys: readonly ByteString[]): Place | undefined {
    const count = this.data.length;
    const [first] = keys;
    if (count === 1 || first === undefined) return this.data[0];
    const slot = slotOf(first);
    for (const key of keys) if (slotOf(key) !== slot) return undefined;
    return this.get(partitionOfSlot(slot, count));
  }

  #owns(partition: Partition, keys: readonly ByteString[]): boolean {
    if (this.data.length === 1 || keys.length === 0) return true;
    return this.placeOfKeys(keys)?.partition === partition;
  }
}
