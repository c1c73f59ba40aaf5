import type { Prng } from '../../src/base/prng.ts';
import type {
  RowRange,
  StateBackend,
  StateBatch,
  StateIterator,
} from '../../src/store/platform.ts';
import type { KeyAndValue } from '../../src/store/store-port.ts';

/** Keys as latin1, which sorts as the bytes do. */
type Rows = Map<string, Buffer>;

/**
 * A state in memory that outlives the stores that open it. It shares the fate of a disk: `touch`
 * is called before and after each change, and throws when the power is gone.
 */
export class MemoryState {
  rows: Rows = new Map();
  /** Deletions are not durable at once: what a loss of power may bring back. */
  #cleared: KeyAndValue[] = [];
  /** A database that reports a sync it did not do: the control on which tests must fail. */
  lies = false;
  #beforeLastBatch: Rows | undefined;

  open(touch: () => void): Promise<StateBackend> {
    return Promise.resolve({
      iterate: (range) => this.#iterate(range),
      getMany: (keys) => Promise.resolve(keys.map((key) => this.rows.get(nameOf(key)))),
      batch: () => this.#batch(touch),
      clear: (range) => this.#clear(range, touch),
      close: () => Promise.resolve(),
    });
  }

  crash(prng: Prng): void {
    if (this.lies && this.#beforeLastBatch !== undefined) this.rows = this.#beforeLastBatch;
    for (const [key, value] of this.#cleared) {
      if (prng.oneIn(2)) this.rows.set(nameOf(key), value);
    }
    this.#cleared = [];
  }

  #iterate({ gte, lt }: RowRange): StateIterator {
    const rows = [...this.rows]
      .map(([name, value]) => [Buffer.from(name, 'latin1'), value] as const)
      .filter(([key]) => key.compare(gte) >= 0 && key.compare(lt) < 0)
      .sort(([left], [right]) => left.compare(right));
    return {
      next: (count) => Promise.resolve(rows.splice(0, Math.min(count, 3))),
      close: () => Promise.resolve(),
    };
  }

  #batch(touch: () => void): StateBatch {
    const changes: (readonly [string, Buffer | undefined])[] = [];
    return {
      put: (key, value) => void changes.push([nameOf(key), value]),
      delete: (key) => void changes.push([nameOf(key), undefined]),
      write: async () => {
        await Promise.resolve();
        touch();
        this.#beforeLastBatch = new Map(this.rows);
        for (const [name, value] of changes) {
          if (value === undefined) this.rows.delete(name);
          else this.rows.set(name, value);
        }
        this.#cleared = [];
        touch();
      },
    };
  }

  async #clear({ gte, lt }: RowRange, touch: () => void): Promise<void> {
    for (const [name, value] of this.rows) {
      const key = Buffer.from(name, 'latin1');
      if (key.compare(gte) < 0 || key.compare(lt) >= 0) continue;
      touch();
      this.rows.delete(name);
      this.#cleared.push([key, value]);
      await Promise.resolve();
    }
  }
}

function nameOf(key: Buffer): string {
  return key.toString('latin1');
}
