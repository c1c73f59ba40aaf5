import type { ByteReader } from '../base/byte-reader.ts';
import type { ByteWriter } from '../base/byte-writer.ts';

/**
 * Stands for a set of rows: how many, and two sums over their CRCs. Rows come and go in any
 * order; a row that is lost, kept or old by mistake changes it.
 */
export class RowDigest {
  #count = 0;
  #sum = 0;
  #mixed = 0;

  static read(reader: ByteReader): RowDigest {
    const digest = new RowDigest();
    digest.#count = reader.varint();
    digest.#sum = reader.u32();
    digest.#mixed = reader.u32();
    return digest;
  }

  get count(): number {
    return this.#count;
  }

  add(crc: number): void {
    this.#count += 1;
    this.#sum = (this.#sum + crc) >>> 0;
    this.#mixed = (this.#mixed + mix(crc)) >>> 0;
  }

  remove(crc: number): void {
    this.#count -= 1;
    this.#sum = (this.#sum - crc) >>> 0;
    this.#mixed = (this.#mixed - mix(crc)) >>> 0;
  }

  copy(): RowDigest {
    const copy = new RowDigest();
    copy.#count = this.#count;
    copy.#sum = this.#sum;
    copy.#mixed = this.#mixed;
    return copy;
  }

  equals(other: RowDigest): boolean {
    const { count, sum, mixed } = this.#parts();
    const parts = other.#parts();
    return count === parts.count && sum === parts.sum && mixed === parts.mixed;
  }

  write(writer: ByteWriter): void {
    writer.varint(this.#count);
    writer.u32(this.#sum);
    writer.u32(this.#mixed);
  }

  /** For people. */
  describe(): string {
    const { count, sum, mixed } = this.#parts();
    return `${count} rows with sums ${sum.toString(16)} and ${mixed.toString(16)}`;
  }

  #parts(): { readonly count: number; readonly sum: number; readonly mixed: number } {
    return { count: this.#count, sum: this.#sum, mixed: this.#mixed };
  }
}

/** Not linear, so that two rows whose CRCs moved by opposite amounts do not hide each other. */
function mix(crc: number): number {
  const square = Math.imul(crc ^ (crc >>> 15), 0x2c1b3c6d);
  return Math.imul(square ^ (square >>> 12), 0x297a2d39) >>> 0;
}
