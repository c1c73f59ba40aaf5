import { crc32c } from '../base/crc32c.ts';
import { FencepostError } from '../base/errors.ts';
import type { StateIterator } from './platform.ts';
import { RowDigest } from './row-digest.ts';
import type { KeyAndValue } from './store-port.ts';

const rowsPerRead = 1000;

/** Reads the rows of one checkpoint in batches, checks each, and at the end all of them. */
export class RowReader {
  readonly #iterator: StateIterator;
  readonly #expected: RowDigest;
  readonly #prefixBytes: number;
  readonly #where: string;
  readonly #digest = new RowDigest();
  #next: Promise<readonly KeyAndValue[]> | undefined;

  /** @param where the place, for people, in what damage is reported with */
  constructor(options: {
    readonly iterator: StateIterator;
    readonly digest: RowDigest;
    /** Bytes in front of each key that are the store's own. */
    readonly prefixBytes: number;
    readonly where: string;
  }) {
    this.#iterator = options.iterator;
    this.#expected = options.digest;
    this.#prefixBytes = options.prefixBytes;
    this.#where = options.where;
  }

  /**
   * The next rows in ascending order of their keys; none at the end.
   *
   * @throws FencepostError DATA_DAMAGED at a damaged row, and at the end if rows are missing
   */
  async read(): Promise<readonly KeyAndValue[]> {
    const rows = await (this.#next ?? this.#fetch());
    if (rows.length === 0) {
      this.#next = Promise.resolve(rows);
      if (this.#digest.equals(this.#expected)) return rows;
      throw damaged(this.#where, this.#expected.describe(), this.#digest.describe());
    }
    // The next rows are read while the caller works on these.
    this.#next = this.#fetch();
    // A reader that stops early never asks for them.
    this.#next.catch(() => undefined);
    return rows.map(([key, value]) => this.#check(key, value));
  }

  async close(): Promise<void> {
    await this.#iterator.close();
  }

  async #fetch(): Promise<readonly KeyAndValue[]> {
    try {
      return await this.#iterator.next(rowsPerRead);
    } catch (error) {
      throw unreadable(this.#where, error);
    }
  }

  #check(key: Buffer, value: Buffer): KeyAndValue {
    const crc = findRowCrc(key, value);
    const name = key.subarray(this.#prefixBytes);
    if (crc === undefined) {
      const found = `row ${name.toString('latin1')} with another`;
      throw damaged(this.#where, 'rows with a right CRC', found);
    }
    this.#digest.add(crc);
    return [name, value.subarray(4)];
  }
}

/** The CRC that a row begins with; undefined if it is not that of the row. */
export function findRowCrc(key: Buffer, row: Buffer): number | undefined {
  if (row.length < 4) return undefined;
  const crc = row.readUInt32LE(0);
  return crc === crc32c(row, 4, row.length, crc32c(key)) ? crc : undefined;
}

export function damaged(where: string, expected: string, found: string): FencepostError {
  return new FencepostError('DATA_DAMAGED', `${where}: expected ${expected}, found ${found}`);
}

/** The database below could not read. */
export function unreadable(where: string, error: unknown): FencepostError {
  const reason = error instanceof Error ? error.message : String(error);
  const what = `${where}: expected readable tables, found: ${reason}`;
  return new FencepostError('DATA_DAMAGED', what, error);
}
