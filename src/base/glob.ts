import { asciiLower, type ByteString } from './byte-string.ts';
import { limits } from './limits.ts';
import type { Meter } from './meter.ts';

export interface GlobOptions {
  /** For names in lower case: letters of the pattern may be of any. */
  readonly ignoreCase?: boolean;
  readonly meter?: Meter | undefined;
}

/** Items of a pattern: a byte, or one of these, or from `firstSet` on a set of bytes. */
const anyByte = 256;
const star = 257;
const none = -1;
const firstSet = 258;

/** Words of 32 bits that one set takes. */
const setWordCount = 8;

/** Steps of a match and of a range, and the bytes looked at in a step, as a power of two. */
const matchSteps = 2;
const rangeSteps = 4;
const meterShift = 3;

/**
 * A pattern of KEYS, SCAN, PSUBSCRIBE or CONFIG GET: `*` any bytes, `?` one byte, `[ae]`, `[a-e]`,
 * `[^a]` one byte of a class, `\` takes the next byte as it is (redis.io/commands/keys). It
 * matches what it matches in `stringmatchlen` of Redis 7.0, where bytes of a range are signed, and
 * where a text without a byte fits no star.
 *
 * Every item but a star takes one byte, so only the last star is ever tried again. Even so `*aab`
 * looks at every `a` of the text several times, and long ones would take the product of both
 * lengths. So a match is given up that has looked at many times more bytes in vain than the text
 * has, see `limits.globVainBytesMax`.
 */
export class Glob {
  readonly #items: number[] = [];
  readonly #sets: number[] = [];
  readonly #options: GlobOptions;
  #gaveUp = false;

  constructor(pattern: ByteString, options: GlobOptions = {}) {
    this.#options = options;
    for (let at = 0; at < pattern.length; ) at = this.#addItem(pattern, at);
  }

  /** Whether a match was given up, and so told as none. */
  get gaveUp(): boolean {
    return this.#gaveUp;
  }

  matches(name: ByteString, meter = this.#options.meter): boolean {
    const items = this.#items;
    const text = this.#options.ignoreCase === true ? asciiLower(name) : name;
    const vainBytesMax = text.length * limits.globVainBytesMax;
    let vainBytes = 0;
    let fits = text !== '';
    let itemAt = 0;
    let textAt = 0;
    /** Behind the last star, and the text that it was last tried to end at. */
    let starAt = -1;
    let starTextAt = 0;
    while (fits && textAt < text.length) {
      const item = itemAt < items.length ? (items[itemAt] ?? 0) : none;
      const code = text.charCodeAt(textAt);
      if (item === star) {
        starAt = ++itemAt;
        starTextAt = textAt;
        if (starAt === items.length) break;
      } else if (
        item === code ||
        item === anyByte ||
        (item >= firstSet && this.#isInSet(item, code))
      ) {
        itemAt += 1;
        textAt += 1;
      } else {
        vainBytes += textAt - starTextAt;
        fits = starAt !== -1 && vainBytes <= vainBytesMax;
        itemAt = starAt;
        textAt = ++starTextAt;
      }
    }
    if (fits && items[itemAt] === star) itemAt += 1;
    this.#gaveUp ||= vainBytes > vainBytesMax;
    meter?.step(matchSteps + ((text.length + vainBytes) >>> meterShift));
    return (fits || text === '') && itemAt === items.length;
  }

  #isInSet(item: number, code: number): boolean {
    const word = this.#sets[(item - firstSet) * setWordCount + (code >>> 5)] ?? 0;
    return ((word >>> (code & 31)) & 1) === 1;
  }

  /** Takes in the item at `at`; returns the offset behind it. */
  #addItem(pattern: ByteString, at: number): number {
    switch (pattern[at]) {
      case '*':
        if (this.#items.at(-1) !== star) this.#items.push(star);
        return at + 1;
      case '?':
        this.#items.push(anyByte);
        return at + 1;
      case '[':
        this.#items.push(firstSet + this.#sets.length / setWordCount);
        return this.#addSet(pattern, at + 1);
      default: {
        const literalAt = pattern[at] === '\\' && at + 1 < pattern.length ? at + 1 : at;
        this.#items.push(this.#folded(pattern.charCodeAt(literalAt)));
        return literalAt + 1;
      }
    }
  }

  /** A class that lacks its bracket ends with the pattern. */
  #addSet(pattern: ByteString, start: number): number {
    const negated = pattern[start] === '^';
    const words = new Array<number>(setWordCount).fill(negated ? -1 : 0);
    const add = (code: number): void => {
      const bit = 1 << (code & 31);
      const word = words[code >>> 5] ?? 0;
      words[code >>> 5] = negated ? word & ~bit : word | bit;
    };
    let at = negated ? start + 1 : start;
    while (at < pattern.length && pattern[at] !== ']') {
      if (pattern[at] === '\\' && at + 1 < pattern.length) {
        add(pattern.charCodeAt(at + 1));
        at += 2;
      } else if (pattern[at + 1] === '-' && at + 2 < pattern.length) {
        this.#addRange(pattern.charCodeAt(at), pattern.charCodeAt(at + 2), add);
        at += 3;
      } else {
        add(this.#folded(pattern.charCodeAt(at)));
        at += 1;
      }
    }
    this.#sets.push(...words);
    return at + 1;
  }

  /** Redis folds the ends of a range after it has put them in order. */
  #addRange(first: number, last: number, add: (code: number) => void): void {
    const from = this.#folded(Math.min(signed(first), signed(last)));
    const to = this.#folded(Math.max(signed(first), signed(last)));
    this.#options.meter?.step(rangeSteps + (Math.max(0, to - from) >>> 1));
    for (let code = from; code <= to; code += 1) add(code & 0xff);
  }

  #folded(code: number): number {
    return this.#options.ignoreCase === true && code >= 0x41 && code <= 0x5a ? code + 0x20 : code;
  }
}

function signed(code: number): number {
  return code > 0x7f ? code - 0x100 : code;
}
