import type { ByteString } from '../base/byte-string.ts';

const wordCount = 512;
/** Names of commands, their options and usual numbers are no longer. */
const wordBytesMax = 12;
/** What EVALSHA names a script by. */
const sha1Bytes = 40;

/**
 * The words that clients send again and again: names of commands, options, times, scripts. A word
 * that was decoded lately is found by its bytes, which takes no memory and less time than decoding
 * it; and it is the same string each time, so whoever looks it up in a map need not hash it anew.
 *
 * Each word has one place, which the last word to come there holds: so the cache has a size that
 * no client can change, and a word that is not in it only costs its decoding.
 */
export class WordCache {
  readonly #words: ByteString[] = Array.from({ length: wordCount }, () => '');

  /** The bytes from `start` to before `end`, decoded. */
  decode(buffer: Buffer, start: number, end: number): ByteString {
    const length = end - start;
    if (length > wordBytesMax && length !== sha1Bytes) return buffer.toString('latin1', start, end);
    if (length === 0) return '';
    const place = placeOf(buffer, start, length);
    const known = this.#words[place];
    if (known !== undefined && isSpelled(known, buffer, start, length)) return known;
    const word = buffer.toString('latin1', start, end);
    this.#words[place] = word;
    return word;
  }
}

/** Length and three bytes tell most words apart, and numbers by their ends. */
function placeOf(buffer: Buffer, start: number, length: number): number {
  const first = byteAt(buffer, start);
  const middle = byteAt(buffer, start + (length >> 1));
  const last = byteAt(buffer, start + length - 1);
  return (((length * 31 + first) * 31 + middle) * 31 + last) % wordCount;
}

function isSpelled(word: ByteString, buffer: Buffer, start: number, length: number): boolean {
  if (word.length !== length) return false;
  for (let at = 0; at < length; at += 1) {
    if (word.charCodeAt(at) !== byteAt(buffer, start + at)) return false;
  }
  return true;
}

/** `as number`: the bytes of a word lie within what was received. */
function byteAt(buffer: Buffer, at: number): number {
  return buffer[at] as number;
}
