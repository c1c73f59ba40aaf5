import { assert } from '../base/assert.ts';
import type { ByteString } from '../base/byte-string.ts';
import { type LeaseRows, NO_ROW } from './lease-rows.ts';

/**
 * The rows of one database by their keys: open addressing with linear probing, which needs
 * nothing but the rows' numbers. It is cut into many small tables, so that none takes noticeable
 * time to grow, and so that they do not all have to be half empty at the same time.
 */
export class KeyIndex {
  readonly #rows: LeaseRows;
  #tables: (Table | undefined)[] = [];
  #size = 0;

  constructor(rows: LeaseRows) {
    this.#rows = rows;
  }

  get size(): number {
    return this.#size;
  }

  /** @param hash of the key, by `hashKey` */
  find(key: ByteString, hash: number): number {
    const table = this.#tables[hash & tableMask];
    if (table === undefined) return NO_ROW;
    const { slots } = table;
    const mask = slots.length - 1;
    for (let at = homeOf(hash, mask); ; at = (at + 1) & mask) {
      const row = (slots[at] ?? 0) - 1;
      if (row === NO_ROW) return NO_ROW;
      if (this.#rows.hashOf(row) === hash && this.#rows.hasKey(row, key)) return row;
    }
  }

  /** Adds a row whose key is not there yet. */
  add(row: number, hash: number): void {
    const number = hash & tableMask;
    for (let at = this.#tables.length; at <= number; at += 1) this.#tables.push(undefined);
    const table = this.#tables[number] ?? { slots: new Int32Array(slotCountMin), count: 0 };
    this.#tables[number] = table;
    if ((table.count + 1) * 4 > table.slots.length * 3) this.#resize(table, 2);
    insert(table.slots, row, hash);
    table.count += 1;
    this.#size += 1;
  }

  remove(row: number): void {
    const hash = this.#rows.hashOf(row);
    const table = this.#tables[hash & tableMask];
    assert(table !== undefined, 'a row stands in the index');
    const { slots } = table;
    const mask = slots.length - 1;
    let hole = homeOf(hash, mask);
    while (slots[hole] !== row + 1) {
      assert(slots[hole] !== 0, 'a row stands in the index');
      hole = (hole + 1) & mask;
    }
    // What follows moves up as far as it may, so that no search ends at the hole too early.
    for (let at = (hole + 1) & mask; slots[at] !== 0; at = (at + 1) & mask) {
      const follower = slots[at] ?? 0;
      const home = homeOf(this.#rows.hashOf(follower - 1), mask);
      if (((at - home) & mask) < ((at - hole) & mask)) continue;
      slots[hole] = follower;
      hole = at;
    }
    slots[hole] = 0;
    table.count -= 1;
    this.#size -= 1;
    if (slots.length > slotCountMin && table.count * 8 < slots.length) this.#resize(table, 1 / 2);
  }

  clear(): void {
    this.#tables = [];
    this.#size = 0;
  }

  #resize(table: Table, factor: number): void {
    const slots = new Int32Array(table.slots.length * factor);
    assert(slots.length <= slotCountMax, 'a table is as large as its part of the hash allows');
    for (const slot of table.slots) {
      if (slot !== 0) insert(slots, slot - 1, this.#rows.hashOf(slot - 1));
    }
    table.slots = slots;
  }
}

/**
 * A 32-bit hash of a key, as FNV-1a, but with a step after each byte that lets all bits of the seed
 * count for whether two keys collide; and mixed so that all its bits depend on all of the key.
 *
 * @param seed differs from process to process, so that nobody can choose keys that collide
 */
export function hashKey(key: ByteString, seed: number): number {
  let hash = seed | 0;
  for (let at = 0; at < key.length; at += 1) {
    hash = Math.imul(hash ^ key.charCodeAt(at), 0x01000193);
    hash ^= hash >>> 15;
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}

/** Seeds are below this. */
export const hashSeedMax = 2 ** 32;

interface Table {
  /** Rows plus one; 0 where there is none. Their count is a power of two. */
  slots: Int32Array;
  count: number;
}

/** The low bits of a hash choose the table, the others the place in it. */
const tableBits = 8;
const tableMask = 2 ** tableBits - 1;
const slotCountMin = 8;
const slotCountMax = 2 ** (32 - tableBits);

function homeOf(hash: number, mask: number): number {
  return (hash >>> tableBits) & mask;
}

function insert(slots: Int32Array, row: number, hash: number): void {
  const mask = slots.length - 1;
  let at = homeOf(hash, mask);
  while (slots[at] !== 0) at = (at + 1) & mask;
  slots[at] = row + 1;
}
