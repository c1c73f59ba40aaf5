import type { ByteString } from '../base/byte-string.ts';

interface Watched {
  watcherCount: number;
  version: number;
}

/**
 * Versions of the keys that some session watches. A version also moves when a key was created and
 * deleted again in between, which a comparison of what the key holds would not notice.
 */
export class Watches {
  readonly #watched = new Map<number, Map<ByteString, Watched>>();
  #version = 0;

  add(db: number, key: ByteString): number {
    let keys = this.#watched.get(db);
    if (keys === undefined) {
      keys = new Map();
      this.#watched.set(db, keys);
    }
    const watched = keys.get(key) ?? { watcherCount: 0, version: this.#version };
    watched.watcherCount += 1;
    keys.set(key, watched);
    return watched.version;
  }

  remove(db: number, key: ByteString): void {
    const keys = this.#watched.get(db);
    const watched = keys?.get(key);
    if (keys === undefined || watched === undefined) return;
    watched.watcherCount -= 1;
    if (watched.watcherCount > 0) return;
    keys.delete(key);
    if (keys.size === 0) this.#watched.delete(db);
  }

  /** The key's version; -1 if nobody watches it. */
  version(db: number, key: ByteString): number {
    return this.#watched.get(db)?.get(key)?.version ?? -1;
  }

  keysOf(db: number): Iterable<ByteString> {
    return this.#watched.get(db)?.keys() ?? [];
  }

  touch(db: number, key: ByteString): void {
    if (this.#watched.size === 0) return;
    const watched = this.#watched.get(db)?.get(key);
    if (watched !== undefined) watched.version = ++this.#version;
  }

  /** Every watched key may have changed: another leader executed in between. */
  touchAll(): void {
    this.#version += 1;
    for (const keys of this.#watched.values()) {
      for (const watched of keys.values()) watched.version = this.#version;
    }
  }
}
