import { assert } from '../base/assert.ts';
import { IntegerList } from '../base/integer-list.ts';
import type { Lease } from './lease.ts';
import type { LeaseRows } from './lease-rows.ts';

/**
 * The leases of one database in a dense list, for SCAN.
 *
 * A removal moves the last lease into the hole, and SCAN walks from the end to the beginning. A
 * lease that SCAN has not reached can then only move if it is the last one, and only downwards,
 * to where SCAN is still going to come: a lease that stays during a whole SCAN is returned at
 * least once (what Redis promises), and a cursor is nothing but a position.
 */
export class LeaseList {
  readonly #rows: LeaseRows;
  readonly #list = new IntegerList();

  constructor(rows: LeaseRows) {
    this.#rows = rows;
  }

  get size(): number {
    return this.#list.length;
  }

  add(row: number): void {
    this.#rows.setListPosition(row, this.#list.length);
    this.#list.push(row);
  }

  remove(row: number): void {
    const position = this.#rows.listPosition(row);
    assert(this.#list.at(position) === row, 'a lease stands in its list');
    this.#rows.setListPosition(row, -1);
    const last = this.#list.pop();
    if (last === row) return;
    this.#rows.setListPosition(last, position);
    this.#list.set(position, last);
  }

  clear(): void {
    this.#list.clear();
  }

  rowAt(position: number): number {
    return this.#list.at(position);
  }

  at(position: number): Lease | undefined {
    return position < this.#list.length ? this.#rows.leaseAt(this.#list.at(position)) : undefined;
  }

  *[Symbol.iterator](): Iterator<Lease> {
    for (let position = 0; position < this.#list.length; position += 1) {
      yield this.#rows.leaseAt(this.#list.at(position));
    }
  }
}
