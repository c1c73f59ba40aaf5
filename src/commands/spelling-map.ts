import { asciiLower, type ByteString } from '../base/byte-string.ts';
import { limits } from '../base/limits.ts';

/**
 * Values by a name that is looked up in any case. A client writes a name in one way for ever, so
 * spellings are remembered instead of lowered each time; all the ways in which upper and lower
 * case can be mixed must not fill the memory, so only so many are.
 */
export class SpellingMap<Value> {
  readonly #byName: ReadonlyMap<ByteString, Value>;
  readonly #bySpelling = new Map<ByteString, Value>();

  /** @param byName the values by their names in lower case */
  constructor(byName: ReadonlyMap<ByteString, Value>) {
    this.#byName = byName;
  }

  find(spelling: ByteString): Value | undefined {
    const known = this.#bySpelling.get(spelling);
    if (known !== undefined) return known;
    const value = this.#byName.get(asciiLower(spelling));
    if (value !== undefined && this.#bySpelling.size < limits.spellingCountMax) {
      this.#bySpelling.set(spelling, value);
    }
    return value;
  }
}
