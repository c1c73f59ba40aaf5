import type { Machine } from './machine.ts';
import { floatBytes, integerBytes } from './struct-number.ts';
import { LuaTable } from './table.ts';
import type { LuaValue } from './value.ts';

/** Tables within tables; what is deeper is written as nil, so that a circle ends too. */
const depthMax = 16;

/** A table that is being written. */
interface Open {
  readonly table: LuaTable;
  /** How many elements an array has; undefined for a map. */
  readonly length: number | undefined;
  at: number;
}

/**
 * A value as MessagePack (github.com/msgpack/msgpack/blob/master/spec.md), in the forms that
 * `cmsgpack` chooses: the shortest integer that holds a whole number, a 32-bit float where it
 * loses nothing, an array for a table with exactly the keys 1 to n. Functions and pointers become
 * nil. Walks with a stack of its own.
 *
 * @throws LuaError
 */
export function encodeMessagePack(machine: Machine, value: LuaValue): string {
  const encoder = new MessagePackEncoder(machine);
  encoder.write(value);
  return encoder.text;
}

/** Steps of a value, and of a number, whose bytes are put in order one by one. */
const valueSteps = 8;
const numberSteps = 40;

class MessagePackEncoder {
  readonly #machine: Machine;
  readonly #parts: string[] = [];
  readonly #open: Open[] = [];

  constructor(machine: Machine) {
    this.#machine = machine;
  }

  get text(): string {
    return this.#parts.join('');
  }

  write(value: LuaValue): void {
    this.#writeValue(value);
    for (let open = this.#open.at(-1); open !== undefined; open = this.#open.at(-1)) {
      this.#writeNext(open);
    }
  }

  /** The next element or the next value with its key, or the end. */
  #writeNext(open: Open): void {
    const { table, length } = open;
    if (length !== undefined) {
      open.at += 1;
      if (open.at > length) this.#open.pop();
      else this.#writeValue(table.get(open.at));
      return;
    }
    // A map's place is counted twice, for its key and for its value: a key may be a table too.
    if (open.at >= 0) {
      const next = table.nextPosition(open.at);
      if (next === 0) {
        this.#open.pop();
        return;
      }
      open.at = -next;
      this.#writeValue(table.keyAt(next));
    } else {
      open.at = -open.at;
      this.#writeValue(table.valueAt(open.at));
    }
  }

  #writeValue(value: LuaValue): void {
    this.#machine.step(typeof value === 'number' ? numberSteps : valueSteps);
    if (typeof value === 'string') {
      this.#machine.stepBytes(value.length);
      this.#put(stringHead(value.length));
      this.#put(value);
    } else if (typeof value === 'boolean') {
      this.#put(value ? '\xc3' : '\xc2');
    } else if (typeof value === 'number') {
      this.#put(numberBytes(value));
    } else if (value instanceof LuaTable && this.#open.length < depthMax) {
      this.#openTable(value);
    } else {
      this.#put('\xc0');
    }
  }

  #openTable(table: LuaTable): void {
    this.#machine.step(table.placeCount);
    const { count, isArray } = shapeOf(table);
    this.#put(isArray ? sizedHead(count, arrayHeads) : sizedHead(count, mapHeads));
    this.#open.push({ table, length: isArray ? count : undefined, at: 0 });
  }

  #put(bytes: string): void {
    this.#machine.allocate(bytes.length);
    this.#parts.push(bytes);
  }
}

/** How many keys a table has, and whether they are 1 to n; an empty one is an array. */
function shapeOf(table: LuaTable): { readonly count: number; readonly isArray: boolean } {
  let count = 0;
  let largest = 0;
  for (let at = table.nextPosition(0); at !== 0; at = table.nextPosition(at)) {
    const key = table.keyAt(at);
    const isIndex = typeof key === 'number' && key > 0 && Number.isInteger(key);
    largest = isIndex ? Math.max(largest, key) : Number.POSITIVE_INFINITY;
    count += 1;
    if (!isIndex) break;
  }
  if (largest === count) return { count, isArray: true };
  return { count: keyCountOf(table), isArray: false };
}

function keyCountOf(table: LuaTable): number {
  let count = 0;
  for (let at = table.nextPosition(0); at !== 0; at = table.nextPosition(at)) count += 1;
  return count;
}

function numberBytes(value: number): string {
  if (Number.isInteger(value) && value >= -(2 ** 63) && value < 2 ** 63) return wholeBytes(value);
  const isShort = Object.is(Math.fround(value), value) && !Number.isNaN(value);
  return isShort ? `\xca${floatBytes(value, 4, false)}` : `\xcb${floatBytes(value, 8, false)}`;
}

function wholeBytes(value: number): string {
  if (value >= -32 && value <= 0x7f) return String.fromCharCode(value & 0xff);
  const forms = value < 0 ? negativeForms : positiveForms;
  const { head, size } = forms.find(({ limit }) => Math.abs(value) <= limit) ?? longest(value);
  return head + integerBytes(BigInt.asUintN(64, BigInt(value)), size, false);
}

const positiveForms = [
  { limit: 0xff, head: '\xcc', size: 1 },
  { limit: 0xffff, head: '\xcd', size: 2 },
  { limit: 0xffff_ffff, head: '\xce', size: 4 },
] as const;

const negativeForms = [
  { limit: 0x80, head: '\xd0', size: 1 },
  { limit: 0x8000, head: '\xd1', size: 2 },
  { limit: 0x8000_0000, head: '\xd2', size: 4 },
] as const;

function longest(value: number): { readonly head: string; readonly size: number } {
  return { head: value < 0 ? '\xd3' : '\xcf', size: 8 };
}

function stringHead(length: number): string {
  if (length < 32) return String.fromCharCode(0xa0 | length);
  if (length <= 0xff) return `\xd9${String.fromCharCode(length)}`;
  return longHead(length, { short: '\xda', long: '\xdb' });
}

/** Heads of arrays and maps: with the count in the head itself, of 16 bits, of 32 bits. */
interface Heads {
  readonly tiny: number;
  readonly short: string;
  readonly long: string;
}

const arrayHeads: Heads = { tiny: 0x90, short: '\xdc', long: '\xdd' };
const mapHeads: Heads = { tiny: 0x80, short: '\xde', long: '\xdf' };

function sizedHead(count: number, heads: Heads): string {
  return count < 16 ? String.fromCharCode(heads.tiny | count) : longHead(count, heads);
}

function longHead(count: number, { short, long }: Omit<Heads, 'tiny'>): string {
  const isShort = count <= 0xffff;
  return (isShort ? short : long) + integerBytes(BigInt(count), isShort ? 2 : 4, false);
}
