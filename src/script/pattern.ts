import type { LuaError } from './errors.ts';
import type { Machine } from './machine.ts';

/**
 * Lua's patterns (Lua 5.1 manual 5.4.1), matched by backtracking. Every step is counted: a
 * pattern can be made to backtrack for years.
 */

/** Captures of one pattern (luaconf.h, LUA_MAXCAPTURES). */
const captureCountMax = 32;

/** How many items of a pattern may wait to be tried again; each takes JavaScript's stack. */
const recursionMax = 200;

/** Steps of making a matcher, of a place to try, of a capture, of a frontier; of others: one. */
const matcherSteps = 6;
const attemptSteps = 2;
const captureSteps = 2;
const frontierSteps = 4;

/** Lengths of captures that are not closed yet, and of those that capture a position. */
const unclosed = -1;
const position = -2;

const percent = 0x25;
const caret = 0x5e;
const openBracket = 0x5b;
const closeBracket = 0x5d;
const minus = 0x2d;

export class Matcher {
  readonly #machine: Machine;
  readonly #source: string;
  readonly #pattern: string;
  readonly #starts: number[] = [];
  readonly #lengths: number[] = [];
  #recursion = 0;

  constructor(machine: Machine, source: string, pattern: string) {
    this.#machine = machine;
    this.#source = source;
    machine.step(matcherSteps + (pattern.length >>> 6));
    const end = pattern.indexOf('\0');
    this.#pattern = end < 0 ? pattern : pattern.slice(0, end);
  }

  get captureCount(): number {
    return this.#starts.length;
  }

  /** Tries the pattern from `patternAt` on exactly at `start`; the end of the match, or -1. */
  matchAt(start: number, patternAt: number): number {
    this.#machine.step(attemptSteps);
    this.#starts.length = 0;
    this.#lengths.length = 0;
    this.#recursion = 0;
    return this.#match(start, patternAt);
  }

  /** The values of all captures; of the whole match from `start` to `end` if there are none. */
  captures(start: number, end: number): (string | number)[] {
    if (this.#starts.length === 0) return [this.#machine.part(this.#source, start, end)];
    return this.#starts.map((_, at) => this.capture(at, start, end));
  }

  /** One capture, counted from 0; the whole match is capture 0 of a pattern without any. */
  capture(at: number, start: number, end: number): string | number {
    if (at >= this.#starts.length) {
      if (at === 0) return this.#machine.part(this.#source, start, end);
      throw this.#fault('invalid capture index');
    }
    const from = this.#starts[at] ?? 0;
    const length = this.#lengths[at] ?? 0;
    if (length === position) return from + 1;
    if (length === unclosed) throw this.#fault('unfinished capture');
    return this.#machine.part(this.#source, from, from + length);
  }

  #match(start: number, patternStart: number): number {
    this.#recursion += 1;
    if (this.#recursion > recursionMax) throw this.#fault('pattern too complex');
    const end = this.#matchItems(start, patternStart);
    this.#recursion -= 1;
    return end;
  }

  #matchItems(start: number, patternStart: number): number {
    let at = start;
    let item = patternStart;
    for (;;) {
      this.#machine.step();
      const symbol = this.#pattern.charAt(item);
      if (symbol === '') return at;
      if (symbol === '(') return this.#openCapture(at, item);
      if (symbol === ')') return this.#closeCapture(at, item + 1);
      if (symbol === '$' && item + 1 === this.#pattern.length) {
        return at === this.#source.length ? at : -1;
      }
      if (symbol === '%') {
        const special = this.#matchSpecial(at, item);
        if (special !== undefined) {
          if (special.at < 0) return -1;
          ({ at, item } = special);
          continue;
        }
      }
      const itemEnd = this.#classEnd(item);
      const suffix = this.#pattern.charAt(itemEnd);
      if (suffix === '*') return this.#matchMost(at, item, itemEnd);
      if (suffix === '-') return this.#matchLeast(at, item, itemEnd);
      const fits = this.#fits(at, item, itemEnd);
      if (suffix === '+') return fits ? this.#matchMost(at + 1, item, itemEnd) : -1;
      if (suffix === '?') {
        if (fits) {
          const end = this.#match(at + 1, itemEnd + 1);
          if (end >= 0) return end;
        }
        item = itemEnd + 1;
        continue;
      }
      if (!fits) return -1;
      at += 1;
      item = itemEnd;
    }
  }

  /** `%b`, `%f` and `%1`: where the match and the pattern go on; undefined for a class. */
  #matchSpecial(at: number, item: number): { at: number; item: number } | undefined {
    const kind = this.#pattern.charAt(item + 1);
    if (kind === 'b') return { at: this.#matchBalanced(at, item + 2), item: item + 4 };
    if (kind === 'f') return this.#matchFrontier(at, item + 2);
    if (kind >= '0' && kind <= '9') return { at: this.#matchAgain(at, kind), item: item + 2 };
    return undefined;
  }

  #matchBalanced(at: number, item: number): number {
    if (item + 1 >= this.#pattern.length) throw this.#fault('unbalanced pattern');
    const open = this.#pattern.charCodeAt(item);
    const close = this.#pattern.charCodeAt(item + 1);
    if (this.#source.charCodeAt(at) !== open) return -1;
    let depth = 1;
    for (let next = at + 1; next < this.#source.length; next += 1) {
      this.#machine.step();
      const code = this.#source.charCodeAt(next);
      if (code === close) {
        depth -= 1;
        if (depth === 0) return next + 1;
      } else if (code === open) {
        depth += 1;
      }
    }
    return -1;
  }

  #matchFrontier(at: number, item: number): { at: number; item: number } {
    if (this.#pattern.charAt(item) !== '[') {
      throw this.#fault("missing '[' after '%f' in pattern");
    }
    const itemEnd = this.#classEnd(item);
    this.#machine.step(frontierSteps);
    const before = at === 0 ? 0 : this.#source.charCodeAt(at - 1);
    const here = at < this.#source.length ? this.#source.charCodeAt(at) : 0;
    const isFrontier =
      !this.#fitsSet(before, item, itemEnd - 1) && this.#fitsSet(here, item, itemEnd - 1);
    return { at: isFrontier ? at : -1, item: itemEnd };
  }

  #matchAgain(at: number, digit: string): number {
    const index = Number(digit) - 1;
    const length = this.#lengths[index];
    if (index < 0 || length === undefined || length === unclosed) {
      throw this.#fault('invalid capture index');
    }
    if (length === position) return -1;
    const from = this.#starts[index] ?? 0;
    this.#machine.stepBytes(length);
    if (this.#source.length - at < length) return -1;
    const same = this.#source.slice(from, from + length) === this.#source.slice(at, at + length);
    return same ? at + length : -1;
  }

  #openCapture(at: number, item: number): number {
    this.#machine.step(captureSteps);
    if (this.#starts.length >= captureCountMax) throw this.#fault('too many captures');
    const isPosition = this.#pattern.charAt(item + 1) === ')';
    this.#starts.push(at);
    this.#lengths.push(isPosition ? position : unclosed);
    const end = this.#match(at, item + (isPosition ? 2 : 1));
    if (end < 0) {
      this.#starts.pop();
      this.#lengths.pop();
    }
    return end;
  }

  #closeCapture(at: number, item: number): number {
    const index = this.#lengths.lastIndexOf(unclosed);
    if (index < 0) throw this.#fault('invalid pattern capture');
    this.#lengths[index] = at - (this.#starts[index] ?? 0);
    const end = this.#match(at, item);
    if (end < 0) this.#lengths[index] = unclosed;
    return end;
  }

  #matchMost(at: number, item: number, itemEnd: number): number {
    let count = 0;
    while (this.#fits(at + count, item, itemEnd)) {
      this.#machine.step();
      count += 1;
    }
    for (; count >= 0; count -= 1) {
      const end = this.#match(at + count, itemEnd + 1);
      if (end >= 0) return end;
    }
    return -1;
  }

  #matchLeast(start: number, item: number, itemEnd: number): number {
    for (let at = start; ; at += 1) {
      const end = this.#match(at, itemEnd + 1);
      if (end >= 0) return end;
      if (!this.#fits(at, item, itemEnd)) return -1;
    }
  }

  /** Where the single-character item at `item` ends. */
  #classEnd(item: number): number {
    const code = this.#pattern.charCodeAt(item);
    if (code === percent) {
      if (item + 1 >= this.#pattern.length) {
        throw this.#fault("malformed pattern (ends with '%')");
      }
      return item + 2;
    }
    if (code !== openBracket) return item + 1;
    let next = item + 1;
    if (this.#pattern.charCodeAt(next) === caret) next += 1;
    const set = next;
    do {
      if (next >= this.#pattern.length) throw this.#fault("malformed pattern (missing ']')");
      const isEscape = this.#pattern.charCodeAt(next) === percent;
      next += isEscape && next + 1 < this.#pattern.length ? 2 : 1;
    } while (this.#pattern.charCodeAt(next) !== closeBracket);
    this.#machine.step((next - set) >>> 2);
    return next + 1;
  }

  /** Whether the byte at `at` is one of the item's. */
  #fits(at: number, item: number, itemEnd: number): boolean {
    if (at >= this.#source.length) return false;
    const code = this.#source.charCodeAt(at);
    const symbol = this.#pattern.charCodeAt(item);
    if (symbol === 0x2e) return true;
    if (symbol === percent) return fitsClass(code, this.#pattern.charCodeAt(item + 1));
    if (symbol === openBracket) return this.#fitsSet(code, item, itemEnd - 1);
    return symbol === code;
  }

  /** Whether a byte is in the set from `[` at `item` to `]` at `last`. */
  #fitsSet(code: number, item: number, last: number): boolean {
    let next = item + 1;
    this.#machine.step((last - item) >>> 2);
    const expected = this.#pattern.charCodeAt(next) !== caret;
    if (!expected) next += 1;
    for (; next < last; next += 1) {
      const symbol = this.#pattern.charCodeAt(next);
      if (symbol === percent) {
        next += 1;
        if (fitsClass(code, this.#pattern.charCodeAt(next))) return expected;
      } else if (this.#pattern.charCodeAt(next + 1) === minus && next + 2 < last) {
        if (symbol <= code && code <= this.#pattern.charCodeAt(next + 2)) return expected;
        next += 2;
      } else if (symbol === code) {
        return expected;
      }
    }
    return !expected;
  }

  #fault(message: string): LuaError {
    return this.#machine.errorHere(message);
  }
}

/** `%a` and the like; an upper-case letter means the opposite; anything else means itself. */
function fitsClass(code: number, letter: number): boolean {
  const lower = letter | 0x20;
  const belongs = classes.get(lower);
  const isLetter = (letter >= 0x41 && letter <= 0x5a) || (letter >= 0x61 && letter <= 0x7a);
  if (belongs === undefined || !isLetter) return letter === code;
  return belongs(code) === (letter === lower);
}

const isDigit = (code: number): boolean => code >= 0x30 && code <= 0x39;
const isLower = (code: number): boolean => code >= 0x61 && code <= 0x7a;
const isUpper = (code: number): boolean => code >= 0x41 && code <= 0x5a;
const isAlpha = (code: number): boolean => isLower(code) || isUpper(code);
const isGraph = (code: number): boolean => code > 0x20 && code < 0x7f;

/** The classes of C's `ctype.h` in the C locale, by the code of their letter. */
const classes: ReadonlyMap<number, (code: number) => boolean> = new Map([
  [0x61, isAlpha],
  [0x63, (code: number): boolean => code < 0x20 || code === 0x7f],
  [0x64, isDigit],
  [0x6c, isLower],
  [0x70, (code: number): boolean => isGraph(code) && !isAlpha(code) && !isDigit(code)],
  [0x73, (code: number): boolean => code === 0x20 || (code >= 0x09 && code <= 0x0d)],
  [0x75, isUpper],
  [0x77, (code: number): boolean => isAlpha(code) || isDigit(code)],
  [
    0x78,
    (code: number): boolean => isDigit(code) || ((code | 0x20) >= 0x61 && (code | 0x20) <= 0x66),
  ],
  [0x7a, (code: number): boolean => code === 0],
]);
