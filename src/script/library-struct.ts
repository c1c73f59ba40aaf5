import { argumentError, integerOr, numberArgument, textArgument } from './arguments.ts';
import { cString } from './c-string.ts';
import { type Functions, sharedTable } from './library-table-builder.ts';
import type { Machine } from './machine.ts';
import { toNumber } from './operations.ts';
import { StructFormat, type StructOption } from './struct-format.ts';
import {
  floatBytes,
  floatOfBytes,
  integerBytes,
  integerOfBytes,
  unsignedOf,
} from './struct-number.ts';
import type { LuaValue } from './value.ts';

/** `struct` (redis.io/docs/interact/programmability/lua-api, "struct library"). */
const structFunctions: Functions = {
  pack: (machine, args) => {
    const format = new StructFormat(machine, cString(textArgument(machine, args, 0)));
    // The original puts a nil behind the arguments, and its messages show that.
    args.push(undefined);
    return [new Packer(machine, args).pack(format)];
  },
  size: (machine, args) => {
    const format = new StructFormat(machine, cString(textArgument(machine, args, 0)));
    let offset = 0;
    for (let option = format.next(); option !== undefined; option = format.next()) {
      const { letter, size } = option;
      offset += option.paddingAt(offset);
      if (letter === 's') throw argumentError(machine, 0, "option 's' has no fixed size");
      if (letter === 'c' && size === 0) {
        throw argumentError(machine, 0, "option 'c0' has no fixed size");
      }
      // Letters that mean nothing are no error here, as in the original.
      if (!/[A-Za-z\d]/.test(letter)) format.control(option);
      offset += size;
    }
    return [offset];
  },
  unpack: (machine, args) => {
    const format = new StructFormat(machine, cString(textArgument(machine, args, 0)));
    const data = textArgument(machine, args, 1);
    const position = integerOr(machine, args, 2, 1);
    if (position === 0) throw argumentError(machine, 2, 'offset must be 1 or greater');
    return new Unpacker(machine, { data, offset: position - 1 }).unpack(format, args.length);
  },
};

export const STRUCT_LIBRARY = sharedTable(structFunctions);

/** Values that a function may have on the stack of Lua 5.1 (luaconf.h, LUAI_MAXCSTACK). */
const stackSizeMax = 8_000;

/** Steps of a number, whose bytes are put in order one by one. */
const numberSteps = 40;

class Packer {
  readonly #machine: Machine;
  readonly #args: LuaValue[];
  readonly #parts: string[] = [];
  #at = 1;
  #offset = 0;

  constructor(machine: Machine, args: LuaValue[]) {
    this.#machine = machine;
    this.#args = args;
  }

  pack(format: StructFormat): string {
    for (let option = format.next(); option !== undefined; option = format.next()) {
      this.#put('\0'.repeat(option.paddingAt(this.#offset)));
      const bytes = this.#bytesOf(option);
      if (bytes === undefined) format.control(option);
      else this.#put(bytes);
    }
    return this.#machine.text(this.#parts.join(''));
  }

  #bytesOf({ letter, size, littleEndian }: StructOption): string | undefined {
    switch (letter) {
      case 'x':
        return '\0';
      case 'f':
      case 'd':
        return floatBytes(this.#number(), letter === 'f' ? 4 : 8, littleEndian);
      case 'c':
        return this.#text(size);
      case 's':
        return `${this.#text(0)}\0`;
      default:
        if (!integerLetters.has(letter)) return undefined;
        return integerBytes(unsignedOf(this.#number()), size, littleEndian);
    }
  }

  #number(): number {
    this.#at += 1;
    this.#machine.step(numberSteps);
    return numberArgument(this.#machine, this.#args, this.#at - 1);
  }

  /** The first `size` bytes of the next argument, or all of it for 0. */
  #text(size: number): string {
    const text = textArgument(this.#machine, this.#args, this.#at);
    this.#at += 1;
    if (size === 0) return text;
    // The original names the argument after the one that is too short.
    if (text.length < size) throw argumentError(this.#machine, this.#at, 'string too short');
    return text.slice(0, size);
  }

  #put(bytes: string): void {
    this.#machine.stepBytes(bytes.length);
    this.#machine.allocate(bytes.length);
    this.#parts.push(bytes);
    this.#offset += bytes.length;
  }
}

const integerLetters: ReadonlySet<string> = new Set('bBhHlLTiI');

class Unpacker {
  readonly #machine: Machine;
  readonly #data: string;
  readonly #results: LuaValue[] = [];
  #offset: number;

  constructor(
    machine: Machine,
    { data, offset }: { readonly data: string; readonly offset: number },
  ) {
    this.#machine = machine;
    this.#data = data;
    this.#offset = offset;
  }

  unpack(format: StructFormat, argumentCount: number): LuaValue[] {
    for (let option = format.next(); option !== undefined; option = format.next()) {
      this.#expect(option.size);
      this.#offset += option.paddingAt(this.#offset);
      this.#expect(option.size);
      if (argumentCount + this.#results.length + 2 > stackSizeMax) {
        throw this.#machine.errorHere('stack overflow (too many results)');
      }
      this.#take(option, format);
    }
    this.#results.push(this.#offset + 1);
    return this.#results;
  }

  #take(option: StructOption, format: StructFormat): void {
    const { letter, size, littleEndian } = option;
    switch (letter) {
      case 'x':
        this.#offset += 1;
        return;
      case 'f':
      case 'd':
        this.#machine.step(numberSteps);
        this.#results.push(floatOfBytes(this.#bytes(size), littleEndian));
        return;
      case 'c': {
        this.#results.push(this.#part(size === 0 ? this.#lengthBefore() : size));
        return;
      }
      case 's': {
        const end = this.#data.indexOf('\0', this.#offset);
        this.#machine.stepBytes((end < 0 ? this.#data.length : end) - this.#offset);
        if (end < 0) throw this.#machine.errorHere('unfinished string in data');
        this.#results.push(this.#part(end - this.#offset));
        this.#offset += 1;
        return;
      }
      default: {
        if (!integerLetters.has(letter)) return format.control(option);
        this.#machine.step(numberSteps + size);
        const signed = letter >= 'a';
        this.#results.push(integerOfBytes(this.#bytes(size), { littleEndian, signed }));
      }
    }
  }

  /** The number that was unpacked last, which `c0` takes for its length. */
  #lengthBefore(): number {
    const length = toNumber(this.#machine, this.#results.pop());
    if (length === undefined) {
      throw this.#machine.errorHere("format 'c0' needs a previous size");
    }
    const size = Number(unsignedOf(length));
    this.#expect(size);
    return size;
  }

  #expect(size: number): void {
    if (this.#offset >= 0 && this.#offset + size <= this.#data.length) return;
    throw argumentError(this.#machine, 1, 'data string too short');
  }

  /** A string among the results. */
  #part(size: number): string {
    const from = this.#offset;
    this.#offset += size;
    this.#machine.stepBytes(size);
    return this.#machine.part(this.#data, from, this.#offset);
  }

  #bytes(size: number): string {
    const from = this.#offset;
    this.#offset += size;
    this.#machine.stepBytes(size);
    return this.#data.slice(from, this.#offset);
  }
}
