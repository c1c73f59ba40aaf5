import type { ByteString } from '../base/byte-string.ts';
import type { Changes } from './changes.ts';
import type { Lease } from './lease.ts';

/** A key that changed, and the lease that it had when the changes were taken, if it had one. */
export interface FrozenLease {
  readonly db: number;
  readonly key: ByteString;
  readonly lease: Lease | undefined;
}

/**
 * The leases of all keys that changed, as they were when the changes were taken, to be read later
 * and in slices. Taking them costs nothing, however many they are: a lease is looked up when it
 * is read, and the base says before it changes one what that was.
 */
export class FrozenLeases {
  /** The keys that were not read yet. */
  readonly #keys: Changes;
  readonly #find: (db: number, key: ByteString) => Lease | undefined;
  readonly #preserved = new Map<number, Map<ByteString, Lease | undefined>>();

  constructor(keys: Changes, find: (db: number, key: ByteString) => Lease | undefined) {
    this.#keys = keys;
    this.#find = find;
  }

  /** The key is about to change; `lease` is what it has up to now. */
  preserve(db: number, key: ByteString, lease: Lease | undefined): void {
    if (this.#keys.count === 0 || !this.#keys.has(db, key)) return;
    let preserved = this.#preserved.get(db);
    if (preserved === undefined) {
      preserved = new Map();
      this.#preserved.set(db, preserved);
    }
    if (!preserved.has(key)) preserved.set(key, lease);
  }

  /** Looks everything up that was not read yet: from now on nobody calls `preserve`. */
  settle(): void {
    for (const { db, key } of this.#keys.keys()) this.preserve(db, key, this.#find(db, key));
  }

  /** Reads every lease, once. */
  *read(): Iterable<FrozenLease> {
    for (const { db, key } of this.#keys.keys()) {
      const preserved = this.#preserved.get(db);
      const lease = preserved?.has(key) ? preserved.get(key) : this.#find(db, key);
      preserved?.delete(key);
      this.#keys.delete(db, key);
      yield { db, key, lease };
    }
  }
}
