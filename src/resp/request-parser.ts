import type { ByteString } from '../base/byte-string.ts';
import { splitInline } from './inline-arguments.ts';
import { WordCache } from './word-cache.ts';

/** How large a request may be; smaller before authentication. See `base/limits.ts`. */
export interface ParserLimits {
  readonly argumentCountMax: number;
  readonly argumentBytesMax: number;
  /** Bytes of an inline request, and of the line of a count or a length. */
  readonly inlineBytesMax: number;
  /** Whether a limit that is passed is reported as one of a session that has to log in first. */
  readonly authenticated: boolean;
}

/**
 * Why a session's bytes cannot be requests. After `protocol` the session is told and closed; after
 * `foreign` it is closed without a word, as Redis does when a browser was sent to its port.
 */
export type Violation =
  | { readonly kind: 'protocol'; readonly text: ByteString }
  | { readonly kind: 'foreign'; readonly protocol: 'HTTP' | 'TLS' };

const LF = 0x0a;
const CR = 0x0d;
const DOLLAR = 0x24;
const ASTERISK = 0x2a;
const ZERO = 0x30;
const NINE = 0x39;
const TLS_HANDSHAKE = 0x16;
const TLS_MAJOR_VERSION = 0x03;

/** No length can have this value. */
const NO_LENGTH = Number.MIN_SAFE_INTEGER;
/** Arguments for which room is made at once; most requests have fewer. */
const roomCountMax = 16;
const lengthDigitsMax = 10;
const nothing = Buffer.alloc(0);
/** Between requests; never written to. */
const noArgs: ByteString[] = [];
/** Shared by all parsers, because all clients send the same words. */
const words = new WordCache();

/**
 * Requests out of the bytes of one session: arrays of bulk strings, and inline requests (Redis
 * protocol specification, "Sending commands to a Redis server" and "Inline commands").
 *
 * Bytes may come in pieces of any size. No byte is looked at twice for being the last of its
 * piece, and nothing is allocated in proportion to a count or a length that was only announced.
 * Where Redis lets a wrong byte pass in the place of CR LF, this parser does not: a length that
 * does not fit its argument would otherwise cut an owner in silence.
 */
export class RequestParser {
  limits: ParserLimits;
  #violation: Violation | undefined;
  #buffer: Buffer = nothing;
  #position = 0;
  #end = 0;
  /** Whether `#buffer` belongs to the caller, who will change it. */
  #borrowed = false;
  /** Whether `#buffer` was allocated here, with room behind `#end`. */
  #growable = false;
  /** How many bytes from `#position` on are known to hold no end of a line. */
  #searchedCount = 0;
  /** Arguments that the request still lacks; 0 between requests. */
  #missingCount = 0;
  /** The length of the argument that comes next; -1 before its length is known. */
  #bulkLength = -1;
  #args: ByteString[] = noArgs;
  #argCount = 0;
  #argsBytes = 0;

  constructor(limits: ParserLimits) {
    this.limits = limits;
  }

  /** Set once the bytes can no longer be requests; nothing is parsed after it. */
  get violation(): Violation | undefined {
    return this.#violation;
  }

  /** Bytes of requests that were not returned yet. */
  get pendingBytes(): number {
    return this.#end - this.#position + this.#argsBytes;
  }

  /** Adds the first `length` bytes of `chunk`, which may change once `keepRest` was called. */
  feed(chunk: Buffer, length = chunk.length): void {
    if (this.#violation !== undefined) return;
    const restCount = this.#end - this.#position;
    if (restCount === 0) {
      this.#begin(chunk, length);
      this.#borrowed = true;
      return;
    }
    const more = chunk.subarray(0, length);
    if (restCount <= length) this.#begin(Buffer.concat([this.#rest(), more]), restCount + length);
    else this.#append(more);
  }

  /** Copies what was not returned yet, so that the bytes that were fed last may change. */
  keepRest(): void {
    if (!this.#borrowed) return;
    const rest = this.#rest();
    if (rest.length > 0) this.#begin(Buffer.from(rest), rest.length);
  }

  /** The next request, never empty; undefined if more bytes are needed or after a violation. */
  next(): ByteString[] | undefined {
    if (this.#violation !== undefined) return undefined;
    while (this.#missingCount === 0) {
      if (this.#position === this.#end) {
        this.#begin(nothing, 0);
        return undefined;
      }
      if (byteAt(this.#buffer, this.#position) !== ASTERISK) {
        const args = this.#readInline();
        if (args === undefined || args.length > 0) return args;
        continue;
      }
      const count = this.#readLength('mbulk count', 'multibulk length');
      if (count === NO_LENGTH) return undefined;
      if (count > this.limits.argumentCountMax) {
        return this.#fail(`${this.#limitWord()} multibulk length`);
      }
      if (count > 0) this.#expect(count);
    }
    return this.#readBulks();
  }

  /** An array that grows takes twice the memory of one that is made with its length. */
  #expect(count: number): void {
    this.#missingCount = count;
    this.#args = count <= roomCountMax ? new Array<ByteString>(count) : [];
  }

  #readBulks(): ByteString[] | undefined {
    const args = this.#args;
    while (this.#missingCount > 0) {
      if (this.#bulkLength === -1) {
        const length = this.#readBulkLength();
        if (length === NO_LENGTH) return undefined;
        if (length < 0) return this.#fail('invalid bulk length');
        if (length > this.limits.argumentBytesMax) {
          return this.#fail(`${this.#limitWord()} bulk length`);
        }
        this.#bulkLength = length;
      }
      const buffer = this.#buffer;
      const start = this.#position;
      const end = start + this.#bulkLength;
      if (this.#end < end + 2) return undefined;
      if (byteAt(buffer, end) !== CR || byteAt(buffer, end + 1) !== LF) {
        return this.#fail('invalid bulk length');
      }
      args[this.#argCount] = words.decode(buffer, start, end);
      this.#argCount += 1;
      this.#argsBytes += this.#bulkLength;
      this.#position = end + 2;
      this.#bulkLength = -1;
      this.#missingCount -= 1;
    }
    this.#args = noArgs;
    this.#argCount = 0;
    this.#argsBytes = 0;
    return args;
  }

  #readBulkLength(): number {
    if (this.#position === this.#end) return NO_LENGTH;
    const first = byteAt(this.#buffer, this.#position);
    if (first === DOLLAR) return this.#readLength('bulk count', 'bulk length');
    if (this.#findLineEnd(CR, 'bulk count string') === -1) return NO_LENGTH;
    this.#fail(`expected '$', got '${String.fromCharCode(first)}'`);
    return NO_LENGTH;
  }

  /**
   * Reads the number behind the `*` or `$` at the position, and the end of its line.
   *
   * @returns `NO_LENGTH` if more bytes are needed or after a violation
   */
  #readLength(lineName: string, lengthName: string): number {
    const buffer = this.#buffer;
    const start = this.#position + 1;
    const digitsEnd = Math.min(this.#end - 2, start + lengthDigitsMax);
    let at = start;
    let value = 0;
    while (at < digitsEnd) {
      const byte = byteAt(buffer, at);
      if (byte < ZERO || byte > NINE) break;
      value = value * 10 + byte - ZERO;
      at += 1;
    }
    const plain = at > start && (at === start + 1 || byteAt(buffer, start) !== ZERO);
    if (plain && byteAt(buffer, at) === CR && byteAt(buffer, at + 1) === LF) {
      this.#position = at + 2;
      this.#searchedCount = 0;
      return value;
    }
    return this.#readUnusualLength(lineName, lengthName);
  }

  /** A line that is not complete, not a number, negative, or longer than numbers usually are. */
  #readUnusualLength(lineName: string, lengthName: string): number {
    const lineEnd = this.#findLineEnd(CR, `${lineName} string`);
    if (lineEnd === -1 || lineEnd + 1 === this.#end) return NO_LENGTH;
    const value = parseInteger(this.#buffer.toString('latin1', this.#position + 1, lineEnd));
    if (value === undefined || byteAt(this.#buffer, lineEnd + 1) !== LF) {
      this.#fail(`invalid ${lengthName}`);
      return NO_LENGTH;
    }
    this.#position = lineEnd + 2;
    this.#searchedCount = 0;
    return value;
  }

  #readInline(): ByteString[] | undefined {
    const buffer = this.#buffer;
    const start = this.#position;
    if (byteAt(buffer, start) === TLS_HANDSHAKE) {
      if (start + 1 === this.#end) return undefined;
      if (byteAt(buffer, start + 1) === TLS_MAJOR_VERSION) return this.#failForeign('TLS');
    }
    const lineEnd = this.#findLineEnd(LF, 'inline request');
    if (lineEnd === -1) return undefined;
    const withCr = lineEnd > start && byteAt(buffer, lineEnd - 1) === CR;
    const args = splitInline(buffer, start, withCr ? lineEnd - 1 : lineEnd);
    if (args === undefined) return this.#fail('unbalanced quotes in request');
    this.#position = lineEnd + 1;
    this.#searchedCount = 0;
    const first = args[0];
    if (first !== undefined && httpWord.test(first)) return this.#failForeign('HTTP');
    return args;
  }

  /**
   * The offset of the next `terminator`, or -1. As in Redis, a line with a NUL never ends, and is
   * refused when it has grown to the limit: whoever sends it does not speak this protocol.
   */
  #findLineEnd(terminator: number, lineName: string): number {
    const buffer = this.#buffer;
    const end = Math.min(this.#end, this.#position + this.limits.inlineBytesMax + 1);
    let at = this.#position + this.#searchedCount;
    while (at < end) {
      const byte = byteAt(buffer, at);
      if (byte === terminator) {
        this.#searchedCount = at - this.#position;
        return at;
      }
      if (byte === 0) break;
      at += 1;
    }
    this.#searchedCount = at - this.#position;
    if (this.#end - this.#position > this.limits.inlineBytesMax) this.#fail(`too big ${lineName}`);
    return -1;
  }

  #begin(buffer: Buffer, length: number): void {
    this.#buffer = buffer;
    this.#position = 0;
    this.#end = length;
    this.#borrowed = false;
    this.#growable = false;
  }

  /** Adds a piece that is smaller than the unfinished rest, in amortized linear time. */
  #append(chunk: Buffer): void {
    const end = this.#end + chunk.length;
    if (!this.#growable || end > this.#buffer.length) {
      const rest = this.#rest();
      const grown = Buffer.allocUnsafe(2 * (rest.length + chunk.length));
      rest.copy(grown);
      this.#begin(grown, rest.length);
      this.#growable = true;
    }
    chunk.copy(this.#buffer, this.#end);
    this.#end += chunk.length;
  }

  #rest(): Buffer {
    return this.#buffer.subarray(this.#position, this.#end);
  }

  #limitWord(): string {
    return this.limits.authenticated ? 'invalid' : 'unauthenticated';
  }

  #fail(reason: string): undefined {
    this.#violation = { kind: 'protocol', text: `ERR Protocol error: ${reason}` };
    this.#forget();
  }

  #failForeign(protocol: 'HTTP' | 'TLS'): undefined {
    this.#violation = { kind: 'foreign', protocol };
    this.#forget();
  }

  #forget(): void {
    this.#begin(nothing, 0);
    this.#args = noArgs;
    this.#argCount = 0;
    this.#argsBytes = 0;
  }
}

/** The first words of requests with which web pages have attacked Redis (Redis, `server.c`). */
const httpWord = /^(?:post|host:)$/i;

const integerText = /^(?:0|-?[1-9][0-9]{0,18})$/;
const int64Min = -(2n ** 63n);
const int64Max = 2n ** 63n - 1n;

/** A 64-bit integer in its only spelling, as Redis reads it: no sign +, no zeros in front. */
function parseInteger(text: ByteString): number | undefined {
  if (!integerText.test(text)) return undefined;
  const value = BigInt(text);
  return value < int64Min || value > int64Max ? undefined : Number(value);
}

/** `as number`: every caller has checked that `at` is below the end of what was received. */
function byteAt(buffer: Buffer, at: number): number {
  return buffer[at] as number;
}
