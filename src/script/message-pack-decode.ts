import type { LuaError } from './errors.ts';
import type { Machine } from './machine.ts';
import { floatOfBytes, integerOfBytes } from './struct-number.ts';
import { LuaTable, tableBytes } from './table.ts';
import type { LuaValue } from './value.ts';

/**
 * Values that one function may have on the stack of Lua 5.1 (luaconf.h, LUAI_MAXCSTACK). The
 * original decodes on it and fails when it is full; this one counts what would be there, so that
 * the same input fails.
 */
const stackSizeMax = 8_000;

/** A table that is being read. */
interface Open {
  readonly table: LuaTable;
  readonly isArray: boolean;
  /** Values still to come; a map has two for every key. */
  rest: number;
  count: number;
  key: LuaValue;
}

/**
 * Reads values as `cmsgpack` does: MessagePack (github.com/msgpack/msgpack/blob/master/spec.md)
 * without `bin` and `ext`, and unsigned integers of 64 bits as signed. Walks with a stack of its
 * own.
 */
export class MessagePackDecoder {
  readonly #machine: Machine;
  readonly #data: string;
  readonly #open: Open[] = [];
  #stackSize: number;
  #at: number;

  /** @param where where to begin, and how many values the function's stack holds already */
  constructor(
    machine: Machine,
    data: string,
    where: { readonly offset: number; readonly stackSize: number },
  ) {
    this.#machine = machine;
    this.#data = data;
    this.#at = where.offset;
    this.#stackSize = where.stackSize;
  }

  /** Where the next value begins. */
  get offset(): number {
    return this.#at;
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#data.length;
  }

  /**
   * Reads the next value.
   *
   * @throws LuaError
   */
  read(): LuaValue {
    for (;;) {
      let value = this.#readOne();
      if (value === OPENED) continue;
      for (;;) {
        const open = this.#open.at(-1);
        if (open === undefined) {
          this.#stackSize += 1;
          return value;
        }
        this.#attach(open, value);
        if (open.rest > 0) break;
        this.#open.pop();
        this.#stackSize -= open.isArray ? 2 : 1;
        value = open.table;
      }
    }
  }

  /** Throws if the stack of the original would be full with one value more. */
  checkStack(why: string): void {
    if (this.#stackSize + 1 <= stackSizeMax) return;
    throw this.#machine.errorHere(`stack overflow (${why})`);
  }

  #attach(open: Open, value: LuaValue): void {
    open.rest -= 1;
    if (open.isArray) {
      open.count += 1;
      this.#machine.allocate(open.table.set(open.count, value));
    } else if (open.rest % 2 === 1) {
      open.key = value;
      this.#stackSize += 1;
    } else {
      this.#stackSize -= 1;
      this.#setField(open, value);
    }
  }

  #setField({ table, key }: Open, value: LuaValue): void {
    const machine = this.#machine;
    if (key === undefined) throw machine.asNative(() => machine.errorHere('table index is nil'));
    if (Number.isNaN(key)) throw machine.asNative(() => machine.errorHere('table index is NaN'));
    machine.allocate(table.set(key, value));
  }

  /** The next value, or `OPENED` for a table whose first value comes next. */
  #readOne(): LuaValue | typeof OPENED {
    this.#machine.step(valueSteps);
    const head = this.#take(1).charCodeAt(0);
    this.checkStack('too many return values at once; use unpack_one or unpack_limit instead.');
    if (head <= 0x7f) return head;
    if (head >= 0xe0) return head - 0x100;
    if (head <= 0x8f) return this.#openTable(head & 0x0f, false);
    if (head <= 0x9f) return this.#openTable(head & 0x0f, true);
    if (head <= 0xbf) return this.#readString(head & 0x1f);
    switch (head) {
      case 0xc0:
        return undefined;
      case 0xc2:
      case 0xc3:
        return head === 0xc3;
      case 0xca:
      case 0xcb:
        return floatOfBytes(this.#take(head === 0xca ? 4 : 8), false);
      case 0xcc:
      case 0xcd:
      case 0xce:
        return this.#readUnsigned(2 ** (head - 0xcc));
      case 0xcf:
      case 0xd3:
        return this.#readSigned(8);
      case 0xd0:
      case 0xd1:
      case 0xd2:
        return this.#readSigned(2 ** (head - 0xd0));
      case 0xd9:
      case 0xda:
      case 0xdb:
        return this.#readString(this.#readUnsigned(2 ** (head - 0xd9)));
      case 0xdc:
      case 0xdd:
        return this.#openTable(this.#readUnsigned(head === 0xdc ? 2 : 4), true);
      case 0xde:
      case 0xdf:
        return this.#openTable(this.#readUnsigned(head === 0xde ? 2 : 4), false);
      default:
        throw this.#machine.errorHere('Bad data format in input.');
    }
  }

  #openTable(count: number, isArray: boolean): LuaValue | typeof OPENED {
    this.#machine.allocate(tableBytes);
    const table = new LuaTable();
    this.#stackSize += 1;
    if (isArray) this.checkStack('in function mp_decode_to_lua_array');
    if (count === 0) {
      this.#stackSize -= 1;
      return table;
    }
    if (isArray) this.#stackSize += 1;
    this.#open.push({
      table,
      isArray,
      rest: isArray ? count : count * 2,
      count: 0,
      key: undefined,
    });
    return OPENED;
  }

  #readString(length: number): string {
    const from = this.#at;
    this.#skip(length);
    this.#machine.stepBytes(length);
    return this.#machine.part(this.#data, from, this.#at);
  }

  #readUnsigned(size: number): number {
    this.#machine.step(integerSteps);
    return integerOfBytes(this.#take(size), { littleEndian: false, signed: false });
  }

  #readSigned(size: number): number {
    this.#machine.step(integerSteps);
    return integerOfBytes(this.#take(size), { littleEndian: false, signed: true });
  }

  #take(size: number): string {
    const from = this.#at;
    this.#skip(size);
    return this.#data.slice(from, this.#at);
  }

  #skip(size: number): void {
    if (this.#at + size > this.#data.length) throw this.#missing();
    this.#at += size;
  }

  #missing(): LuaError {
    return this.#machine.errorHere('Missing bytes in input.');
  }
}

/** Steps of a value, and of an integer of several bytes beside that. */
const valueSteps = 8;
const integerSteps = 40;

/** No value of a script is this. */
const OPENED = Symbol('a table whose values follow');
