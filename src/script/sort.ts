import type { Machine } from './machine.ts';
import { lessThan, rawSet, readonlyMessage } from './operations.ts';
import type { LuaTable } from './table.ts';
import { isTrue, type LuaFunction, type LuaValue } from './value.ts';

/**
 * `table.sort`: the quicksort of Lua 5.1 (ltablib.c, `auxsort`) step by step. Which elements it
 * compares decides the order of equal ones, and where it finds that an order contradicts itself.
 */
export function sortTable(
  machine: Machine,
  table: LuaTable,
  comparator: LuaFunction | undefined,
): void {
  const isLess = lessBy(machine, comparator);
  const sorting = new Sorting(machine, table, isLess);
  sorting.sort(1, table.border());
}

type IsLess = (left: LuaValue, right: LuaValue) => boolean;

function lessBy(machine: Machine, comparator: LuaFunction | undefined): IsLess {
  if (comparator !== undefined) {
    return (left, right) => isTrue(machine.callBack(comparator, [left, right])[0]);
  }
  return (left, right) => {
    machine.step();
    if (typeof left === 'number' && typeof right === 'number') return left < right;
    return machine.asNative(() => lessThan(machine, left, right));
  };
}

class Sorting {
  readonly #machine: Machine;
  readonly #table: LuaTable;
  readonly #isLess: IsLess;

  constructor(machine: Machine, table: LuaTable, isLess: IsLess) {
    this.#machine = machine;
    this.#table = table;
    this.#isLess = isLess;
  }

  /** Sorts the elements from `first` to `last`; recurses on the smaller part alone. */
  sort(first: number, last: number): void {
    let low = first;
    let high = last;
    while (low < high) {
      this.#orderPair(low, high);
      if (high - low === 1) return;
      const middle = Math.floor((low + high) / 2);
      if (this.#isLess(this.#at(middle), this.#at(low))) this.#swap(middle, low);
      else this.#orderPair(middle, high);
      if (high - low === 2) return;
      const border = this.#partition(low, high, middle);
      if (border - low < high - border) {
        this.sort(low, border - 1);
        low = border + 1;
      } else {
        this.sort(border + 1, high);
        high = border - 1;
      }
    }
  }

  /** Puts the pivot from the middle to its final place and returns that place. */
  #partition(low: number, high: number, middle: number): number {
    const pivot = this.#at(middle);
    this.#swap(middle, high - 1);
    let up = low;
    let down = high - 1;
    for (;;) {
      up += 1;
      while (this.#isLess(this.#at(up), pivot)) {
        if (up > high) throw this.#contradiction();
        up += 1;
      }
      down -= 1;
      while (this.#isLess(pivot, this.#at(down))) {
        if (down < low) throw this.#contradiction();
        down -= 1;
      }
      if (down < up) break;
      this.#swap(up, down);
    }
    this.#swap(high - 1, up);
    return up;
  }

  #orderPair(low: number, high: number): void {
    if (this.#isLess(this.#at(high), this.#at(low))) this.#swap(low, high);
  }

  #swap(left: number, right: number): void {
    const leftValue = this.#at(left);
    const rightValue = this.#at(right);
    this.#set(left, rightValue);
    this.#set(right, leftValue);
  }

  #at(position: number): LuaValue {
    return this.#table.get(position);
  }

  #set(position: number, value: LuaValue): void {
    if (this.#table.readonly) {
      throw this.#machine.asNative(() => this.#machine.errorHere(readonlyMessage));
    }
    rawSet(this.#machine, this.#table, position, value);
  }

  #contradiction(): unknown {
    return this.#machine.errorHere('invalid order function for sorting');
  }
}
