import type { ByteString } from '../base/byte-string.ts';
import { ChurnMap } from '../base/churn-map.ts';

/**
 * The keys that changed since the last checkpoint, each with whether that checkpoint holds it. A
 * lock that was taken and released in between leaves nothing here, and so never reaches the
 * state on disk.
 */
export class Changes {
  readonly #heldByDatabase: readonly ChurnMap<ByteString, boolean>[];

  #count = 0;

  constructor(databaseCount: number) {
    this.#heldByDatabase = Array.from({ length: databaseCount }, () => new ChurnMap());
  }

  get count(): number {
    return this.#count;
  }

  /** The key has a lease now; `existed` tells whether it had one just before. */
  put(db: number, key: ByteString, existed: boolean): void {
    const held = this.#of(db);
    if (held.has(key)) return;
    held.set(key, existed);
    this.#count += 1;
  }

  /** The key had a lease until now. */
  remove(db: number, key: ByteString): void {
    const held = this.#of(db);
    const heldBefore = held.get(key);
    if (heldBefore === false) held.delete(key);
    else held.set(key, true);
    this.#count += heldBefore === undefined ? 1 : heldBefore ? 0 : -1;
  }

  has(db: number, key: ByteString): boolean {
    return this.#of(db).has(key);
  }

  /** Forgets that the key changed. */
  delete(db: number, key: ByteString): void {
    if (this.#of(db).delete(key)) this.#count -= 1;
  }

  /** The keys that changed; those that are deleted meanwhile and were not reached are left out. */
  *keys(): Iterable<{ readonly db: number; readonly key: ByteString }> {
    for (const [db, held] of this.#heldByDatabase.entries()) {
      for (const key of held.keys()) yield { db, key };
    }
  }

  #of(db: number): ChurnMap<ByteString, boolean> {
    const held = this.#heldByDatabase[db];
    if (held === undefined) throw new RangeError(`database ${db} does not exist`);
    return held;
  }
}
