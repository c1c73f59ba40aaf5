import type { LuaValue } from './value.ts';

/** Estimates of what V8 takes for a table, a place in its array part, one in its hash part. */
export const tableBytes = 96;
export const arrayPlaceBytes = 16;
export const hashPlaceBytes = 48;

/**
 * Steps of looking at a place of the hash part and putting it into another one, and the places of
 * an array part that are looked at in a step, as a power of two.
 */
const rehashSteps = 4;
const rehashArrayShift = 3;

/**
 * A table with an array part and a hash part that grow as in Lua 5.1: a key that finds the hash
 * part full makes both be sized anew, so that more than half of the array is in use. The sizes
 * are visible to scripts: for a table with holes they decide which border `#` returns.
 *
 * The hash part keeps its keys in the order in which they came. A key whose value became nil
 * keeps its place until the next rehash, so a traversal may clear the fields it visits.
 */
export class LuaTable {
  metatable: LuaTable | undefined = undefined;
  /** Scripts cannot change it: the libraries, which all scripts share. */
  readonly = false;
  /** Steps of choosing its sizes anew that nobody has counted yet. */
  uncountedSteps = 0;
  /** Values of the keys 1 to its length. */
  #array: LuaValue[];
  #slotByKey: Map<LuaValue, number> | undefined = undefined;
  #keys: LuaValue[] | undefined = undefined;
  #values: LuaValue[] | undefined = undefined;
  #capacity: number;

  constructor(arraySize = 0, hashSize = 0) {
    this.#array = arraySize === 0 ? [] : new Array<LuaValue>(arraySize).fill(undefined);
    this.#capacity = hashSize === 0 ? 0 : powerOfTwoFrom(hashSize);
  }

  /** A table with the keys 1 to `values.length`, of the size that filling it one by one gives. */
  static of(values: readonly LuaValue[]): LuaTable {
    const table = new LuaTable();
    const array = values.slice();
    const size = array.length === 0 ? 0 : powerOfTwoFrom(array.length);
    while (array.length < size) array.push(undefined);
    table.#array = array;
    return table;
  }

  get(key: LuaValue): LuaValue {
    if (typeof key === 'number') {
      const index = key - 1;
      if (index >= 0 && index < this.#array.length && Number.isInteger(index)) {
        return this.#array[index];
      }
    }
    return this.#slotByKey === undefined ? undefined : this.#find(key);
  }

  /** The value of a string key, or of a key that is known to stand in the hash part. */
  getText(key: string): LuaValue {
    return this.#slotByKey === undefined ? undefined : this.#find(key);
  }

  /**
   * Sets a key that is neither nil nor NaN. A new key takes a place even if its value is nil, as
   * in Lua 5.1, where it may change the sizes of both parts.
   *
   * @returns by how many bytes the table grew, about
   */
  set(key: LuaValue, value: LuaValue): number {
    if (typeof key === 'number') {
      const index = key - 1;
      if (index >= 0 && index < this.#array.length && Number.isInteger(index)) {
        this.#array[index] = value;
        return 0;
      }
    }
    const slot = this.#slotByKey?.get(key);
    if (slot !== undefined && this.#values !== undefined) {
      this.#values[slot] = value;
      return 0;
    }
    const before = this.bytes;
    this.#insert(key, value);
    return Math.max(0, this.bytes - before);
  }

  /** Bytes of memory that it takes, about. */
  get bytes(): number {
    const hashCount = this.#keys?.length ?? 0;
    return tableBytes + this.#array.length * arrayPlaceBytes + hashCount * hashPlaceBytes;
  }

  /** Makes the array part hold at least `size` keys, as a table constructor does. */
  growArray(size: number): void {
    if (size > this.#array.length) this.#resize(size, this.#capacity);
  }

  /** A border: n with t[n] not nil and t[n + 1] nil, found as Lua 5.1 finds it. */
  border(): number {
    const size = this.#array.length;
    if (size > 0 && this.#array[size - 1] === undefined) {
      return binarySearch(0, size, (index) => this.#array[index - 1] === undefined);
    }
    if (this.#capacity === 0) return size;
    let low = size;
    let high = size + 1;
    while (this.get(high) !== undefined) {
      low = high;
      high *= 2;
    }
    return binarySearch(low, high, (index) => this.get(index) === undefined);
  }

  /**
   * The position after `position` whose value is not nil; 0 is before the first and after the
   * last. Positions stay valid while no new key is set.
   */
  nextPosition(position: number): number {
    const arraySize = this.#array.length;
    let next = position + 1;
    for (; next <= arraySize; next += 1) {
      if (this.#array[next - 1] !== undefined) return next;
    }
    const values = this.#values;
    if (values === undefined) return 0;
    for (; next - arraySize <= values.length; next += 1) {
      if (values[next - arraySize - 1] !== undefined) return next;
    }
    return 0;
  }

  /** The position of a key; 0 for nil, undefined for a key that the table has no place for. */
  positionOf(key: LuaValue): number | undefined {
    if (key === undefined) return 0;
    if (typeof key === 'number') {
      if (key >= 1 && key <= this.#array.length && Number.isInteger(key)) return key;
    }
    const slot = this.#slotByKey?.get(key);
    return slot === undefined ? undefined : this.#array.length + slot + 1;
  }

  keyAt(position: number): LuaValue {
    if (position <= this.#array.length) return position;
    return this.#keys?.[position - this.#array.length - 1];
  }

  valueAt(position: number): LuaValue {
    if (position <= this.#array.length) return this.#array[position - 1];
    return this.#values?.[position - this.#array.length - 1];
  }

  /** Places for keys, used or not: what a traversal may have to look at. */
  get placeCount(): number {
    return this.#array.length + (this.#keys?.length ?? 0);
  }

  #find(key: LuaValue): LuaValue {
    const slot = this.#slotByKey?.get(key);
    return slot === undefined ? undefined : this.#values?.[slot];
  }

  #insert(key: LuaValue, value: LuaValue): void {
    if ((this.#keys?.length ?? 0) >= this.#capacity) {
      this.#rehash(key);
      if (typeof key === 'number' && arrayIndexOf(key) !== 0 && key <= this.#array.length) {
        this.#array[key - 1] = value;
        return;
      }
    }
    this.#append(key, value);
  }

  #append(key: LuaValue, value: LuaValue): void {
    this.#slotByKey ??= new Map();
    this.#keys ??= [];
    this.#values ??= [];
    this.#slotByKey.set(key, this.#keys.length);
    this.#keys.push(key);
    this.#values.push(value);
  }

  /** Chooses both sizes anew for the keys in use and `newKey` (ltable.c, `rehash`). */
  #rehash(newKey: LuaValue): void {
    const countByPower: number[] = [];
    let total = 1;
    let integerCount = countInteger(countByPower, newKey);
    for (let index = 0; index < this.#array.length; index += 1) {
      if (this.#array[index] === undefined) continue;
      total += 1;
      integerCount += countInteger(countByPower, index + 1);
    }
    const keys = this.#keys ?? [];
    this.uncountedSteps += (this.#array.length >>> rehashArrayShift) + keys.length * rehashSteps;
    for (let slot = 0; slot < keys.length; slot += 1) {
      if (this.#values?.[slot] === undefined) continue;
      total += 1;
      integerCount += countInteger(countByPower, keys[slot]);
    }
    const { arraySize, inArray } = chooseArraySize(countByPower, integerCount);
    this.#resize(arraySize, total - inArray);
  }

  #resize(arraySize: number, hashSize: number): void {
    const keys = this.#keys ?? [];
    const values = this.#values ?? [];
    const moved = this.#array.splice(arraySize);
    while (this.#array.length < arraySize) this.#array.push(undefined);
    this.#slotByKey = undefined;
    this.#keys = undefined;
    this.#values = undefined;
    this.#capacity = hashSize === 0 ? 0 : powerOfTwoFrom(hashSize);
    for (const [offset, value] of moved.entries()) {
      if (value !== undefined) this.#append(arraySize + offset + 1, value);
    }
    for (const [slot, key] of keys.entries()) {
      const value = values[slot];
      if (value === undefined) continue;
      const index = arrayIndexOf(key);
      if (index !== 0 && index <= arraySize) this.#array[index - 1] = value;
      else this.#append(key, value);
    }
  }
}

/** Largest array part, 2^26 keys (ltable.c, MAXASIZE). */
const arraySizeMax = 2 ** 26;

/** The key if it can stand in an array part, else 0. */
function arrayIndexOf(key: LuaValue): number {
  if (typeof key !== 'number') return 0;
  return key >= 1 && key <= arraySizeMax && Number.isInteger(key) ? key : 0;
}

/** Counts an array key k under the power p with 2^(p-1) < k <= 2^p; 1 if it is one. */
function countInteger(countByPower: number[], key: LuaValue): 0 | 1 {
  const index = arrayIndexOf(key);
  if (index === 0) return 0;
  const power = index === 1 ? 0 : 32 - Math.clz32(index - 1);
  countByPower[power] = (countByPower[power] ?? 0) + 1;
  return 1;
}

/** The largest power of two of which more than half would be in use. */
function chooseArraySize(
  countByPower: readonly number[],
  integerCount: number,
): { readonly arraySize: number; readonly inArray: number } {
  let arraySize = 0;
  let inArray = 0;
  let below = 0;
  for (let power = 0; 2 ** power < integerCount * 2; power += 1) {
    below += countByPower[power] ?? 0;
    if (below > 2 ** power / 2) {
      arraySize = 2 ** power;
      inArray = below;
    }
    if (below === integerCount) break;
  }
  return { arraySize, inArray };
}

/** The last index before `high` that is not nil, where `low` is not nil and `high` is. */
function binarySearch(low: number, high: number, isNil: (index: number) => boolean): number {
  let left = low;
  let right = high;
  while (right - left > 1) {
    const middle = Math.floor((left + right) / 2);
    if (isNil(middle)) right = middle;
    else left = middle;
  }
  return left;
}

function powerOfTwoFrom(count: number): number {
  return 2 ** (count <= 1 ? 0 : 32 - Math.clz32(count - 1));
}
