/** A map is copied after this many additions, and twice its size. */
const copyAfterCount = 256;
/** A larger one is not copied: that would take long, and its tables are replaced rarely. */
const copiedSizeMax = 4096;

/**
 * A map whose keys come and go all the time.
 *
 * V8 gives a map a new table again and again while keys are added and deleted, and each table that
 * is done with points to the next one. Once one of them has become old, everything that the later
 * tables ever held survives the quick collections of young objects, which take ten times as long
 * then. A map that begins anew now and then ends the chain.
 */
export class ChurnMap<Key, Value> implements Iterable<readonly [Key, Value]> {
  #map = new Map<Key, Value>();
  #addedCount = 0;

  get size(): number {
    return this.#map.size;
  }

  has(key: Key): boolean {
    return this.#map.has(key);
  }

  get(key: Key): Value | undefined {
    return this.#map.get(key);
  }

  /** Iterations that are under way may miss what is set meanwhile. */
  set(key: Key, value: Value): void {
    this.#addedCount += 1;
    if (this.#addedCount > copyAfterCount) this.#maybeCopy();
    this.#map.set(key, value);
  }

  delete(key: Key): boolean {
    return this.#map.delete(key);
  }

  clear(): void {
    this.#map = new Map();
    this.#addedCount = 0;
  }

  keys(): IterableIterator<Key> {
    return this.#map.keys();
  }

  values(): IterableIterator<Value> {
    return this.#map.values();
  }

  [Symbol.iterator](): IterableIterator<[Key, Value]> {
    return this.#map[Symbol.iterator]();
  }

  #maybeCopy(): void {
    const { size } = this.#map;
    if (this.#addedCount < 2 * size) return;
    this.#addedCount = 0;
    if (size <= copiedSizeMax) this.#map = new Map(this.#map);
  }
}
