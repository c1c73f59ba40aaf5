import { assert } from '../base/assert.ts';
import type { StagedRows } from './staged-rows.ts';
import type { KeyAndValue, RecoveredCheckpoint, SnapshotStage } from './store-port.ts';

/** What a stage needs of its store. */
export interface StagePort {
  /** Runs `work` after what the store already does with the state. */
  run(work: () => Promise<void>): Promise<void>;
  install(checkpoint: RecoveredCheckpoint): Promise<void>;
  /** Deletes what was staged, some time later. */
  drop(): void;
}

/** A snapshot that is being received: rows beside the state, until they replace it. */
export class StoredStage implements SnapshotStage {
  readonly #port: StagePort;
  readonly #rows: StagedRows;
  #ended = false;

  constructor(rows: StagedRows, port: StagePort) {
    this.#port = port;
    this.#rows = rows;
  }

  async add(rows: readonly KeyAndValue[]): Promise<void> {
    assert(!this.#ended, 'rows are added to a stage that is neither installed nor aborted');
    this.#rows.check(rows);
    await this.#port.run(() => this.#rows.write(rows));
  }

  async install(checkpoint: RecoveredCheckpoint): Promise<void> {
    assert(!this.#ended, 'a stage is installed or aborted once');
    this.#ended = true;
    await this.#port.install(checkpoint);
  }

  abort(): Promise<void> {
    if (!this.#ended) this.#port.drop();
    this.#ended = true;
    return Promise.resolve();
  }
}
