/**
 * A map that forgets what was not used for a long time. It keeps two generations: a full one
 * becomes the old one, and what is used of the old one moves over. Finding something recent costs
 * one look-up and nothing else, and at most twice `weightMax` is held.
 */
export class RecentMap<Key, Value> {
  readonly #weightMax: number;
  #recent = new Map<Key, Weighed<Value>>();
  #old = new Map<Key, Weighed<Value>>();
  #recentWeight = 0;

  constructor(weightMax: number) {
    this.#weightMax = weightMax;
  }

  find(key: Key): Value | undefined {
    const recent = this.#recent.get(key);
    if (recent !== undefined) return recent.value;
    const old = this.#old.get(key);
    if (old === undefined) return undefined;
    this.set(key, old.value, old.weight);
    return old.value;
  }

  set(key: Key, value: Value, weight: number): void {
    if (this.#recentWeight + weight > this.#weightMax) {
      this.#old = this.#recent;
      this.#recent = new Map();
      this.#recentWeight = 0;
    }
    this.#recentWeight += weight - (this.#recent.get(key)?.weight ?? 0);
    this.#recent.set(key, { value, weight });
  }
}

interface Weighed<Value> {
  readonly value: Value;
  readonly weight: number;
}
