import { expectations } from './requests.ts';

const lineFeed = 0x0a;
const colon = 0x3a;

/**
 * Reads only the replies that the benchmark expects, each of them one line, and checks every one.
 * What it needs to remember between two chunks is the line that is not complete yet.
 */
export class ReplyScanner {
  #expected: Uint8Array = new Uint8Array(0);
  #next = 0;
  /** Bytes of the line so far, its first byte, and the one digit that a `:1` has. */
  #length = 0;
  #first = 0;
  #second = 0;

  /** Begins with the replies to the next batch. */
  expect(expected: Uint8Array): void {
    this.#expected = expected;
    this.#next = 0;
  }

  /**
   * Reads `length` bytes.
   *
   * @returns how many replies they completed
   * @throws Error for a reply that was not expected
   */
  scan(bytes: Uint8Array, length: number): number {
    let completed = 0;
    for (let at = 0; at < length; at += 1) {
      const byte = bytes[at] ?? 0;
      this.#length += 1;
      if (this.#length === 1) this.#first = byte;
      else if (this.#length === 2) this.#second = byte;
      if (byte !== lineFeed) continue;
      if (!this.#isExpected()) throw new Error(unexpected(bytes, at, length));
      this.#next += 1;
      this.#length = 0;
      completed += 1;
    }
    return completed;
  }

  #isExpected(): boolean {
    switch (this.#expected[this.#next]) {
      case expectations.ok:
        return this.#length === '+OK\r\n'.length && this.#first === 0x2b && this.#second === 0x4f;
      case expectations.one:
        return this.#length === ':1\r\n'.length && this.#first === colon && this.#second === 0x31;
      case expectations.token:
        return this.#first === colon && this.#second >= 0x31 && this.#second <= 0x39;
      default:
        return false;
    }
  }
}

function unexpected(bytes: Uint8Array, at: number, length: number): string {
  const text = Buffer.from(bytes.subarray(0, length)).toString('latin1', 0, at);
  return `a reply that the benchmark does not expect: ${JSON.stringify(text.slice(-200))}`;
}
