import type { Prng } from '../src/base/prng.ts';

/** Keys that all lanes fight for at a time. */
const contendedCount = 12;
/** Outcomes that nobody knows, after which a key is left alone: each doubles what may be true. */
const unknownMax = 2;

/**
 * The keys of one round. A key whose operations went unanswered is replaced, because the check
 * has to follow every way in which they may have taken effect; what is known of it stays.
 */
export class KeyPool {
  readonly #name: string;
  readonly #contended: string[];
  readonly #unknown = new Map<string, number>();
  readonly #used = new Set<string>();
  #count = 0;

  constructor(name: string) {
    this.#name = name;
    this.#contended = Array.from({ length: contendedCount }, () => this.#next('contended'));
  }

  /** Every key that was handed out. */
  get used(): readonly string[] {
    return [...this.#used];
  }

  contended(prng: Prng): string {
    const key = prng.pick(this.#contended);
    this.#used.add(key);
    return key;
  }

  /** A key that only the caller uses. */
  own(): string {
    const key = this.#next('own');
    this.#used.add(key);
    return key;
  }

  /** @returns whether the caller must not use the key any more */
  noteUnknown(key: string): boolean {
    const count = (this.#unknown.get(key) ?? 0) + 1;
    this.#unknown.set(key, count);
    const place = this.#contended.indexOf(key);
    if (place === -1) return true;
    if (count >= unknownMax) this.#contended[place] = this.#next('contended');
    return false;
  }

  #next(kind: string): string {
    this.#count += 1;
    return `${kind}:${this.#name}:${this.#count}`;
  }
}
