import type { Prng } from '../src/base/prng.ts';
import type { RowRange, StateBackend, StateBatch, StateIterator } from '../src/store/platform.ts';
import type { KeyAndValue } from '../src/store/store-port.ts';
import type { DiskUser, SimDisk } from './sim-disk.ts';

type Rows = Map<string, Buffer>;
type Change = readonly [key: string, value: Buffer | undefined];

/**
 * The ordered database of one machine, in memory: it stands for LevelDB, which is no part of what
 * is proven. A batch that was synced survives; of others a power loss leaves the oldest.
 */
export class SimState {
  readonly #prng: Prng;
  readonly #disk: SimDisk;
  /** What the process sees, and what of it survives a power loss. */
  #rows: Rows = new Map();
  #durable: Rows = new Map();
  #unsynced: Change[][] = [];

  constructor(prng: Prng, disk: SimDisk) {
    this.#prng = prng;
    this.#disk = disk;
  }

  /** A new process opens the database. */
  attach(user: DiskUser): StateBackend {
    return new ProcessState(this, user);
  }

  losePower(): void {
    const kept = this.#prng.below(this.#unsynced.length + 1);
    for (const changes of this.#unsynced.slice(0, kept)) applyTo(this.#durable, changes);
    this.#unsynced = [];
    this.#rows = new Map(this.#durable);
  }

  forget(): void {
    this.#rows = new Map();
    this.#durable = new Map();
    this.#unsynced = [];
  }

  /** Flips one bit of one row; false if there is none. */
  flipBit(): boolean {
    const keys = [...this.#durable.keys()].sort();
    if (keys.length === 0) return false;
    const key = this.#prng.pick(keys);
    const value = Buffer.from(this.#durable.get(key) ?? []);
    const at = this.#prng.below(value.length);
    value[at] = (value[at] ?? 0) ^ (1 << this.#prng.below(8));
    this.#durable.set(key, value);
    this.#rows.set(key, value);
    return true;
  }

  get rows(): Rows {
    return this.#rows;
  }

  change(changes: readonly Change[], synced: boolean): void {
    applyTo(this.#rows, changes);
    this.#unsynced.push([...changes]);
    if (!synced) return;
    for (const earlier of this.#unsynced) applyTo(this.#durable, earlier);
    this.#unsynced = [];
  }

  /** An answer after the time that a read takes, or a write with its sync. */
  answer<Result>(user: DiskUser, kind: 'read' | 'write', act: () => Result): Promise<Result> {
    return new Promise((resolve, reject) => {
      const micros = kind === 'read' ? this.#prng.below(200) : this.#disk.latencyMicros();
      const attempt = (): { readonly result: Result } | { readonly error: unknown } => {
        try {
          if (kind === 'write') this.#disk.checkCreate();
          return { result: act() };
        } catch (error) {
          return { error };
        }
      };
      const early = kind === 'write' && this.#disk.actsEarly() ? attempt() : undefined;
      const finish = (): void => {
        user.mayResume();
        const outcome = early ?? attempt();
        if ('error' in outcome) reject(outcome.error);
        else resolve(outcome.result);
      };
      user.later(micros, () => {
        if (kind === 'read') finish();
        else this.#disk.whenFree(() => user.later(0, finish));
      });
    });
  }
}

class ProcessState implements StateBackend {
  readonly #state: SimState;
  readonly #user: DiskUser;

  constructor(state: SimState, user: DiskUser) {
    this.#state = state;
    this.#user = user;
  }

  iterate({ gte, lt }: RowRange): StateIterator {
    const from = gte.toString('latin1');
    const until = lt.toString('latin1');
    const keys = [...this.#state.rows.keys()].filter((key) => key >= from && key < until).sort();
    const rows = keys.map((key): KeyAndValue => {
      return [Buffer.from(key, 'latin1'), this.#state.rows.get(key) ?? Buffer.alloc(0)];
    });
    let at = 0;
    return {
      next: (count) =>
        this.#state.answer(this.#user, 'read', () => {
          const batch = rows.slice(at, at + count);
          at += batch.length;
          return batch;
        }),
      close: () => Promise.resolve(),
    };
  }

  getMany(keys: readonly Buffer[]): Promise<readonly (Buffer | undefined)[]> {
    return this.#state.answer(this.#user, 'read', () =>
      keys.map((key) => this.#state.rows.get(key.toString('latin1'))),
    );
  }

  batch(): StateBatch {
    const changes: Change[] = [];
    return {
      put: (key, value) => void changes.push([key.toString('latin1'), Buffer.from(value)]),
      delete: (key) => void changes.push([key.toString('latin1'), undefined]),
      write: () => this.#state.answer(this.#user, 'write', () => this.#state.change(changes, true)),
    };
  }

  clear({ gte, lt }: RowRange): Promise<void> {
    const from = gte.toString('latin1');
    const until = lt.toString('latin1');
    return this.#state.answer(this.#user, 'write', () => {
      for (const key of [...this.#state.rows.keys()]) {
        if (key >= from && key < until) this.#state.change([[key, undefined]], false);
      }
    });
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

function applyTo(rows: Rows, changes: readonly Change[]): void {
  for (const [key, value] of changes) {
    if (value === undefined) rows.delete(key);
    else rows.set(key, value);
  }
}
