import { assert } from './assert.ts';

/** Short lists, which grow and shrink all the time, are not copied for that. */
const capacityMin = 256;

/** A list of 32-bit integers that takes little more than their four bytes each. */
export class IntegerList {
  #items = new Int32Array(capacityMin);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  at(position: number): number {
    assert(position >= 0 && position < this.#length, 'a position is below the length');
    return this.#items[position] ?? 0;
  }

  set(position: number, item: number): void {
    assert(position >= 0 && position < this.#length, 'a position is below the length');
    this.#items[position] = item;
  }

  push(item: number): void {
    if (this.#length === this.#items.length) this.#resize(this.#length + (this.#length >> 1));
    this.#items[this.#length] = item;
    this.#length += 1;
  }

  pop(): number {
    const item = this.at(this.#length - 1);
    this.#length -= 1;
    const capacity = this.#items.length;
    if (capacity > capacityMin && this.#length < capacity >> 2) this.#resize(capacity >> 1);
    return item;
  }

  clear(): void {
    this.#items = new Int32Array(capacityMin);
    this.#length = 0;
  }

  #resize(capacity: number): void {
    const items = new Int32Array(Math.max(capacityMin, capacity));
    items.set(this.#items.subarray(0, this.#length));
    this.#items = items;
  }
}
