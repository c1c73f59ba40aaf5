import { FencepostError } from '../base/errors.ts';
import type { StateBackend } from './platform.ts';
import { RowDigest } from './row-digest.ts';
import { encodeRow, type Generation, rowKey } from './state-rows.ts';
import type { KeyAndValue } from './store-port.ts';

/** Rows of a snapshot that comes in, of a generation that nobody reads yet. */
export class StagedRows {
  readonly of: Generation;
  readonly digest = new RowDigest();
  readonly #backend: StateBackend;
  #lastKey: Buffer | undefined;

  constructor(backend: StateBackend, of: Generation) {
    this.#backend = backend;
    this.of = of;
  }

  /** Throws unless the keys ascend, here and from the rows before: so none comes twice. */
  check(rows: readonly KeyAndValue[]): void {
    for (const [key] of rows) {
      if (this.#lastKey !== undefined && key.compare(this.#lastKey) <= 0) {
        const what = 'rows of a snapshot in ascending order of their keys';
        throw new FencepostError('DATA_DAMAGED', `expected ${what}, found another order`);
      }
      this.#lastKey = key;
    }
  }

  /**
   * Writes rows that were checked. Each batch is synced: LevelDB may keep a later synced write
   * after a loss of power, and lose an earlier one that was not.
   */
  async write(rows: readonly KeyAndValue[]): Promise<void> {
    const batch = this.#backend.batch();
    for (const [name, value] of rows) {
      const key = rowKey(this.of, name);
      batch.put(key, encodeRow(key, value, this.digest));
    }
    await batch.write();
  }
}
