import { FencepostError } from './errors.ts';

/**
 * Reads what a `ByteWriter` wrote. Reading past the end is a `DATA_DAMAGED` error, not an
 * assertion: the bytes come from a disk or a network.
 */
export class ByteReader {
  readonly #buffer: Buffer;
  #offset: number;

  constructor(buffer: Buffer, offset = 0) {
    this.#buffer = buffer;
    this.#offset = offset;
  }

  get offset(): number {
    return this.#offset;
  }

  get done(): boolean {
    return this.#offset >= this.#buffer.length;
  }

  u8(): number {
    const value = this.#buffer[this.#offset];
    if (value === undefined) throw damaged(this.#offset);
    this.#offset += 1;
    return value;
  }

  u32(): number {
    this.#need(4);
    const value = this.#buffer.readUInt32LE(this.#offset);
    this.#offset += 4;
    return value;
  }

  varint(): number {
    let value = 0;
    let scale = 1;
    for (let count = 0; count < 8; count += 1) {
      const byte = this.u8();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) {
        if (value > Number.MAX_SAFE_INTEGER) throw damaged(this.#offset);
        return value;
      }
      scale *= 128;
    }
    throw damaged(this.#offset);
  }

  string(): string {
    const length = this.varint();
    this.#need(length);
    const start = this.#offset;
    this.#offset += length;
    return this.#buffer.toString('latin1', start, this.#offset);
  }

  bytes(length: number): Buffer {
    this.#need(length);
    const start = this.#offset;
    this.#offset += length;
    return this.#buffer.subarray(start, this.#offset);
  }

  #need(count: number): void {
    if (this.#offset + count > this.#buffer.length) throw damaged(this.#offset);
  }
}

function damaged(offset: number): FencepostError {
  return new FencepostError(
    'DATA_DAMAGED',
    `encoded bytes end early or are malformed at ${offset}`,
  );
}
