import { FencepostError } from '../base/errors.ts';
import type { RowReader } from './row-reader.ts';
import type { KeyAndValue, RecoveredCheckpoint, SnapshotReader } from './store-port.ts';

/** Reads the checkpoint of a partition for a follower, while the store goes on. */
export class StoredSnapshot implements SnapshotReader {
  readonly checkpoint: RecoveredCheckpoint;
  readonly #rows: RowReader;
  readonly #onEnd: () => void;
  readonly #onDamage: (error: unknown) => FencepostError;
  #closed: Promise<void> | undefined;

  constructor(
    checkpoint: RecoveredCheckpoint,
    options: {
      readonly rows: RowReader;
      readonly onEnd: () => void;
      readonly onDamage: (error: unknown) => FencepostError;
    },
  ) {
    const { index, term, timeMs, meta } = checkpoint;
    this.checkpoint = { index, term, timeMs, meta };
    this.#rows = options.rows;
    this.#onEnd = options.onEnd;
    this.#onDamage = options.onDamage;
  }

  async read(): Promise<readonly KeyAndValue[]> {
    if (this.#closed !== undefined) throw closedError();
    try {
      return await this.#rows.read();
    } catch (error) {
      // A store that closes takes the rows away from under a read.
      if (this.#closed !== undefined) throw closedError();
      throw this.#onDamage(error);
    }
  }

  close(): Promise<void> {
    this.#closed ??= this.#rows.close().finally(this.#onEnd);
    return this.#closed;
  }
}

function closedError(): FencepostError {
  return new FencepostError('DISK_FAILED', 'a snapshot that was closed is not read any more');
}
