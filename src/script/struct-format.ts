import { argumentError } from './arguments.ts';
import type { Machine } from './machine.ts';

/** One letter of a format of `struct`, with the state of the format at it. */
export interface StructOption {
  readonly letter: string;
  /** Bytes that it takes; 0 for what has no size of its own: `s`, `c0`, and what only sets. */
  readonly size: number;
  /** Bytes that alignment puts before it at an offset. */
  readonly paddingAt: (offset: number) => number;
  readonly littleEndian: boolean;
}

/**
 * Reads a format of `struct` (inf.puc-rio.br/~roberto/struct, as Redis has it) letter by letter:
 * `<` `>` byte order, `!n` alignment, `x` padding, `bBhHlLT` and `in` `In` integers, `f` `d`
 * floats, `cn` characters, `s` a string with a zero at its end.
 */
export class StructFormat {
  readonly #machine: Machine;
  readonly #text: string;
  #at = 0;
  #alignment = 1;
  #littleEndian = true;

  constructor(machine: Machine, text: string) {
    this.#machine = machine;
    this.#text = text;
  }

  /**
   * The next letter; undefined at the end.
   *
   * @throws LuaError if the size after the letter is none
   */
  next(): StructOption | undefined {
    if (this.#at >= this.#text.length) return undefined;
    this.#machine.step(optionSteps);
    const letter = this.#text.charAt(this.#at);
    this.#at += 1;
    const size = this.#sizeOf(letter);
    const aligned = letter === 'c' ? 0 : Math.min(size, this.#alignment);
    return {
      letter,
      size,
      paddingAt: (offset) => paddingBefore(offset, aligned),
      littleEndian: this.#littleEndian,
    };
  }

  /**
   * Applies a letter that packs nothing: a space, byte order, alignment.
   *
   * @throws LuaError if there is no such letter
   */
  control({ letter }: StructOption): void {
    if (letter === ' ') return;
    if (letter === '<') this.#littleEndian = true;
    else if (letter === '>') this.#littleEndian = false;
    else if (letter === '!') this.#alignment = this.#readAlignment();
    else throw argumentError(this.#machine, 0, `invalid format option '${letter}'`);
  }

  #readAlignment(): number {
    const alignment = this.#readNumber(alignmentDefault);
    if (alignment > 0 && (alignment & (alignment - 1)) === 0) return alignment;
    throw this.#machine.errorHere(`alignment ${alignment} is not a power of 2`);
  }

  #sizeOf(letter: string): number {
    if (letter === 'c') return this.#readNumber(1);
    if (letter !== 'i' && letter !== 'I') return sizes.get(letter) ?? 0;
    const size = this.#readNumber(intBytes);
    if (size <= integerBytesMax) return size;
    throw this.#machine.errorHere(
      `integral size ${size} is larger than limit of ${integerBytesMax}`,
    );
  }

  /** The digits that follow as a C `int`. */
  #readNumber(otherwise: number): number {
    let number: number | undefined;
    for (;;) {
      const digit = this.#text.charCodeAt(this.#at) - 0x30;
      if (!(digit >= 0 && digit <= 9)) return number ?? otherwise;
      number = (number ?? 0) * 10 + digit;
      if (number > intMax) throw this.#machine.errorHere('integral size overflow');
      this.#at += 1;
      this.#machine.step();
    }
  }
}

/** Steps of one letter of a format. */
const optionSteps = 6;

const intMax = 2 ** 31 - 1;
const intBytes = 4;

/** Bytes of the largest integer (`i32`); values themselves have 64 bits. */
const integerBytesMax = 32;

/** What `!` alone means: the alignment of a double on x86-64. */
const alignmentDefault = 8;

/** Sizes on x86-64 (System V ABI), which is what Redis' clients have come to expect. */
const sizes: ReadonlyMap<string, number> = new Map([
  ['b', 1],
  ['B', 1],
  ['x', 1],
  ['h', 2],
  ['H', 2],
  ['f', 4],
  ['d', 8],
  ['l', 8],
  ['L', 8],
  ['T', 8],
]);

/**
 * Bytes from `offset` to the next multiple of `size`; for a size that is no power of two, what C
 * makes of the same bits.
 */
function paddingBefore(offset: number, size: number): number {
  if (size <= 1) return 0;
  const mask = size - 1;
  return (size - (offset & mask)) & mask;
}
