import { AssertionError, assert } from '../base/assert.ts';
import type { FencepostError } from '../base/errors.ts';
import type { PartitionTail } from './partition-tail.ts';
import { StoredSnapshot } from './snapshot-reader.ts';
import { StoredStage } from './snapshot-stage.ts';
import type { StagedRows } from './staged-rows.ts';
import type { State } from './state.ts';
import type { Generation } from './state-rows.ts';
import type { Checkpoint, RecoveredCheckpoint, SnapshotStage } from './store-port.ts';

export interface StateWriterOptions {
  readonly state: State;
  /** Lets the log of a partition go on behind its checkpoint; resolves when that is durable. */
  readonly restart: (tail: PartitionTail) => Promise<void>;
  /** A checkpoint is in the state: writes that down, and frees what the log no longer needs. */
  readonly onCheckpoint: () => Promise<void>;
  /** What stops the store, and is told to everybody from then on. */
  readonly fail: (error: unknown, what: string) => FencepostError;
  readonly failure: () => FencepostError | undefined;
}

/**
 * Changes the state of partitions while their log goes on: checkpoints, and snapshots that come
 * in. It does one thing after the other, in the order in which it was asked to.
 */
export class StateWriter {
  readonly #options: StateWriterOptions;
  readonly #snapshots = new Set<StoredSnapshot>();
  #turns: Promise<unknown> = Promise.resolve();

  constructor(options: StateWriterOptions) {
    this.#options = options;
  }

  /** Does `work` after what was asked for before; its failure stops the store. */
  inTurn<Result>(what: string, work: () => Result | Promise<Result>): Promise<Result> {
    const { fail, failure } = this.#options;
    const done = this.#turns.then(async () => {
      const known = failure();
      if (known !== undefined) throw known;
      try {
        return await work();
      } catch (error) {
        if (error instanceof AssertionError) throw error;
        throw fail(error, what);
      }
    });
    // Its own caller hears of a failure; those who come next find it again.
    this.#turns = done.catch(() => undefined);
    return done;
  }

  checkpoint(tail: PartitionTail, checkpoint: Checkpoint): Promise<void> {
    // It would change what is about to be replaced.
    if (tail.installing) return Promise.resolve();
    assert(checkpoint.index <= tail.durableIndex, 'a checkpoint is not ahead of the durable log');
    assert(checkpoint.index >= tail.checkpointIndex, 'checkpoints never go back');
    const { state, onCheckpoint } = this.#options;
    const { bytes } = tail;
    return this.inTurn('writing a checkpoint', async () => {
      tail.checkpoint = await state.write(checkpoint, tail.checkpoint);
      tail.checkpointBytes = bytes;
      await onCheckpoint();
    });
  }

  openSnapshot(tail: PartitionTail): Promise<StoredSnapshot | undefined> {
    const { state, fail } = this.#options;
    return this.inTurn('opening a snapshot', () => {
      const { checkpoint, partition } = tail;
      if (checkpoint === undefined) return undefined;
      const snapshot: StoredSnapshot = new StoredSnapshot(checkpoint, {
        rows: state.openRows(partition, checkpoint),
        onEnd: () => this.#snapshots.delete(snapshot),
        onDamage: (error) => fail(error, 'reading a snapshot'),
      });
      this.#snapshots.add(snapshot);
      return snapshot;
    });
  }

  stageSnapshot(tail: PartitionTail): SnapshotStage {
    const rows = this.#options.state.stage(tail.partition, tail.checkpoint);
    return new StoredStage(rows, {
      run: (work) => this.inTurn('keeping a snapshot', work),
      install: (checkpoint) => this.#install(tail, rows, checkpoint),
      drop: () => this.drop([rows.of]),
    });
  }

  /** Deletes rows that nobody reads any more, behind everybody's back. */
  drop(dead: readonly Generation[]): void {
    const { state } = this.#options;
    for (const rows of dead) {
      const cleared = this.inTurn('deleting an old snapshot', () => state.clear(rows));
      // `fail` has reported what can go wrong.
      cleared.catch(() => undefined);
    }
  }

  /** Resolves when nothing is under way any more. */
  async close(): Promise<void> {
    await this.#turns;
    for (const snapshot of this.#snapshots) await snapshot.close();
  }

  #install(tail: PartitionTail, rows: StagedRows, checkpoint: RecoveredCheckpoint): Promise<void> {
    assert(!tail.installing, 'one snapshot of a partition is installed at a time');
    tail.installing = true;
    const { state, restart, onCheckpoint } = this.#options;
    const { partition, generation } = rows.of;
    return this.inTurn('installing a snapshot', async () => {
      const before = tail.checkpoint?.generation ?? 0;
      assert(generation > before, 'snapshots are installed in the order of their stages');
      assert(checkpoint.index > tail.checkpointIndex, 'a snapshot is ahead of what it replaces');
      // From here on the snapshot counts, whatever the log says: see `PartitionLog`.
      tail.checkpoint = await state.install(rows, checkpoint);
      await restart(tail);
      tail.checkpointBytes = tail.bytes;
      // Before anything follows the restart in the log, the floor is behind it: if the restart
      // is lost later, that is damage, and not taken for an install that was cut short.
      await onCheckpoint();
      tail.installing = false;
      this.drop([{ partition, generation: before }]);
    });
  }
}
