import { assert } from '../base/assert.ts';
import { IntegerList } from '../base/integer-list.ts';
import { type LeaseRows, NO_ROW } from './lease-rows.ts';

/**
 * The rows of leases that end by themselves, the first to end at the top: a binary heap whose
 * rows know their own place, so that one moves or leaves in O(log n) and never stands in it
 * twice. Leases are extended all the time: a heap with stale entries would grow with the number
 * of extensions instead of the number of leases.
 */
export class ExpiryHeap {
  readonly #rows: LeaseRows;
  readonly #heap = new IntegerList();

  constructor(rows: LeaseRows) {
    this.#rows = rows;
  }

  get size(): number {
    return this.#heap.length;
  }

  /** The row that ends first, which stays; `NO_ROW` if there is none. */
  peek(): number {
    return this.#heap.length === 0 ? NO_ROW : this.#heap.at(0);
  }

  has(row: number): boolean {
    return this.#rows.heapPosition(row) !== -1;
  }

  add(row: number): void {
    assert(!this.has(row), 'a row is added to the heap once');
    this.#heap.push(row);
    this.#siftUp(row, this.#heap.length - 1);
  }

  remove(row: number): void {
    const position = this.#rows.heapPosition(row);
    assert(this.#heap.at(position) === row, 'a row stands where it says in the heap');
    this.#rows.setHeapPosition(row, -1);
    const last = this.#heap.pop();
    if (last !== row) this.#place(last, position);
  }

  /** The end of a row that is in the heap is another one now. */
  moved(row: number): void {
    const position = this.#rows.heapPosition(row);
    assert(this.#heap.at(position) === row, 'a row stands where it says in the heap');
    this.#place(row, position);
  }

  #place(row: number, position: number): void {
    this.#siftUp(row, position);
    if (this.#rows.heapPosition(row) === position) this.#siftDown(row, position);
  }

  #siftUp(row: number, start: number): void {
    const endsAtMs = this.#rows.endsAtMs(row);
    let position = start;
    while (position > 0) {
      const parentPosition = (position - 1) >> 1;
      const parent = this.#heap.at(parentPosition);
      if (this.#rows.endsAtMs(parent) <= endsAtMs) break;
      this.#set(parent, position);
      position = parentPosition;
    }
    this.#set(row, position);
  }

  #siftDown(row: number, start: number): void {
    const endsAtMs = this.#rows.endsAtMs(row);
    const size = this.#heap.length;
    let position = start;
    for (;;) {
      let childPosition = 2 * position + 1;
      if (childPosition >= size) break;
      let child = this.#heap.at(childPosition);
      if (childPosition + 1 < size) {
        const right = this.#heap.at(childPosition + 1);
        if (this.#rows.endsAtMs(right) < this.#rows.endsAtMs(child)) {
          child = right;
          childPosition += 1;
        }
      }
      if (this.#rows.endsAtMs(child) >= endsAtMs) break;
      this.#set(child, position);
      position = childPosition;
    }
    this.#set(row, position);
  }

  #set(row: number, position: number): void {
    this.#heap.set(position, row);
    this.#rows.setHeapPosition(row, position);
  }
}
