import { assert } from '../base/assert.ts';
import type { Lease } from './lease.ts';

/**
 * The leases of one database in a dense array, for SCAN.
 *
 * A removal moves the last lease into the hole, and SCAN walks from the end to the beginning. A
 * lease that SCAN has not reached can then only move if it is the last one, and only downwards,
 * to where SCAN is still going to come: a lease that stays during a whole SCAN is returned at
 * least once (what Redis promises), and a cursor is nothing but a position.
 */
export class LeaseList {
  readonly #leases: Lease[] = [];

  get size(): number {
    return this.#leases.length;
  }

  add(lease: Lease): void {
    lease.listPosition = this.#leases.length;
    this.#leases.push(lease);
  }

  replace(lease: Lease, next: Lease): void {
    assert(this.#leases[lease.listPosition] === lease, 'a lease stands in its list');
    next.listPosition = lease.listPosition;
    this.#leases[next.listPosition] = next;
    lease.listPosition = -1;
  }

  remove(lease: Lease): void {
    const position = lease.listPosition;
    assert(this.#leases[position] === lease, 'a lease stands in its list');
    lease.listPosition = -1;
    const last = this.#leases.pop();
    if (last === undefined || last === lease) return;
    last.listPosition = position;
    this.#leases[position] = last;
  }

  clear(): void {
    for (const lease of this.#leases) lease.listPosition = -1;
    this.#leases.length = 0;
  }

  at(position: number): Lease | undefined {
    return this.#leases[position];
  }

  [Symbol.iterator](): Iterator<Lease> {
    return this.#leases[Symbol.iterator]();
  }
}
