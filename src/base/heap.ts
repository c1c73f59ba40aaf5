import { assert } from './assert.ts';

/**
 * A binary min-heap whose items know their own place, so that an item moves or leaves in
 * O(log n) and never stands in the heap twice. Leases are extended all the time: a heap with
 * stale entries would grow with the number of extensions instead of the number of leases.
 */
export interface HeapItem {
  /** Where the item stands in its heap; -1 outside. Written by the heap alone. */
  heapPosition: number;
}

export class Heap<Item extends HeapItem> {
  readonly #items: Item[] = [];
  readonly #keyOf: (item: Item) => number;

  constructor(keyOf: (item: Item) => number) {
    this.#keyOf = keyOf;
  }

  get size(): number {
    return this.#items.length;
  }

  /** The item with the smallest key, which stays in the heap. */
  peek(): Item | undefined {
    return this.#items[0];
  }

  add(item: Item): void {
    assert(item.heapPosition === -1, 'an item is added to a heap once');
    this.#items.push(item);
    this.#siftUp(item, this.#items.length - 1);
  }

  remove(item: Item): void {
    const position = item.heapPosition;
    assert(this.#items[position] === item, 'the item stands where it says in this heap');
    item.heapPosition = -1;
    const last = this.#items.pop();
    if (last === undefined || last === item) return;
    this.#place(last, position);
  }

  /** Puts `next` where `item` stood and moves it to where its own key belongs. */
  replace(item: Item, next: Item): void {
    const position = item.heapPosition;
    assert(this.#items[position] === item, 'the item stands where it says in this heap');
    item.heapPosition = -1;
    this.#place(next, position);
  }

  clear(): void {
    for (const item of this.#items) item.heapPosition = -1;
    this.#items.length = 0;
  }

  #place(item: Item, position: number): void {
    this.#siftUp(item, position);
    if (item.heapPosition === position) this.#siftDown(item, position);
  }

  #siftUp(item: Item, start: number): void {
    const key = this.#keyOf(item);
    let position = start;
    while (position > 0) {
      const parentPosition = (position - 1) >> 1;
      const parent = this.#at(parentPosition);
      if (this.#keyOf(parent) <= key) break;
      this.#set(parent, position);
      position = parentPosition;
    }
    this.#set(item, position);
  }

  #siftDown(item: Item, start: number): void {
    const key = this.#keyOf(item);
    const size = this.#items.length;
    let position = start;
    for (;;) {
      let childPosition = 2 * position + 1;
      if (childPosition >= size) break;
      let child = this.#at(childPosition);
      if (childPosition + 1 < size) {
        const right = this.#at(childPosition + 1);
        if (this.#keyOf(right) < this.#keyOf(child)) {
          child = right;
          childPosition += 1;
        }
      }
      if (this.#keyOf(child) >= key) break;
      this.#set(child, position);
      position = childPosition;
    }
    this.#set(item, position);
  }

  #set(item: Item, position: number): void {
    this.#items[position] = item;
    item.heapPosition = position;
  }

  #at(position: number): Item {
    const item = this.#items[position];
    assert(item !== undefined, 'a heap position is below the size');
    return item;
  }
}
