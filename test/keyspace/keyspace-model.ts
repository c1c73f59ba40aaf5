import type { ByteString } from '../../src/base/byte-string.ts';
import { NEVER } from '../../src/keyspace/lease.ts';

/** What the model knows of one lease; another object for everything that changes. */
export interface ModelLease {
  readonly key: ByteString;
  readonly value: ByteString;
  readonly token: number;
  readonly expiresAtMs: number;
  readonly endsAtMs: number;
}

interface ModelState {
  readonly databases: readonly Map<ByteString, ModelLease>[];
  lastToken: number;
}

/**
 * What `Keyspace` promises, written down as plainly as possible: whole copies of the state
 * instead of layers, effects and undo.
 */
export class KeyspaceModel {
  readonly #guardPercent: number;
  #committed: ModelState;
  #sealed: ModelState[] = [];
  #current: ModelState;
  nowMs = 0;
  horizonMs = 0;

  constructor(databaseCount: number, guardPercent: number) {
    this.#guardPercent = guardPercent;
    this.#committed = {
      databases: Array.from({ length: databaseCount }, () => new Map()),
      lastToken: 0,
    };
    this.#current = copyOf(this.#committed);
  }

  get lastToken(): number {
    return this.#current.lastToken;
  }

  size(db: number): number {
    return this.#database(db).size;
  }

  /** Leases that are not over, by key. */
  leases(db: number): readonly ModelLease[] {
    return sorted([...this.#database(db).values()].filter((lease) => !this.#isOver(lease)));
  }

  committedLeases(db: number): readonly ModelLease[] {
    return sorted([...(this.#committed.databases[db]?.values() ?? [])]);
  }

  find(db: number, key: ByteString): ModelLease | undefined {
    const lease = this.#database(db).get(key);
    if (lease === undefined || !this.#isOver(lease)) return lease;
    this.#database(db).delete(key);
    return undefined;
  }

  put(db: number, key: ByteString, value: ByteString, expiresAtMs: number): void {
    this.#put(db, key, { value, expiresAtMs, endsAtMs: this.#endOf(expiresAtMs) });
  }

  putKeepingEnd(db: number, key: ByteString, value: ByteString): void {
    const { expiresAtMs, endsAtMs } = this.find(db, key) ?? { expiresAtMs: NEVER, endsAtMs: NEVER };
    this.#put(db, key, { value, expiresAtMs, endsAtMs });
  }

  moveEnd(db: number, key: ByteString, expiresAtMs: number): void {
    const lease = this.find(db, key);
    if (lease === undefined) return;
    const endsAtMs = this.#endOf(expiresAtMs);
    this.#database(db).set(key, { ...lease, expiresAtMs, endsAtMs });
  }

  rename(db: number, key: ByteString, newKey: ByteString): void {
    const lease = this.find(db, key);
    if (lease === undefined) return;
    this.delete(db, key);
    this.delete(db, newKey);
    this.#put(db, newKey, lease);
  }

  delete(db: number, key: ByteString): boolean {
    return this.find(db, key) !== undefined && this.#database(db).delete(key);
  }

  flush(db: number): void {
    this.#database(db).clear();
  }

  /** Only what is committed and was not touched since ends by itself before somebody looks. */
  expireDue(): number {
    let count = 0;
    for (const [db, database] of this.#current.databases.entries()) {
      for (const [key, lease] of database) {
        const untouched = this.#committed.databases[db]?.get(key) === lease;
        if (untouched && this.#isOver(lease) && database.delete(key)) count += 1;
      }
    }
    return count;
  }

  savepoint(): ModelState {
    return copyOf(this.#current);
  }

  rollback(savepoint: ModelState): void {
    this.#current = savepoint;
  }

  seal(): void {
    this.#sealed.push(copyOf(this.#current));
  }

  commit(): void {
    this.#committed = this.#sealed.shift() ?? this.#committed;
  }

  drop(): void {
    this.#sealed = [];
    this.#current = copyOf(this.#committed);
  }

  #put(
    db: number,
    key: ByteString,
    says: Pick<ModelLease, 'value' | 'expiresAtMs' | 'endsAtMs'>,
  ): void {
    const existing = this.find(db, key);
    const kept = existing !== undefined && existing.value === says.value;
    if (!kept) this.#current.lastToken += 1;
    const token = kept ? existing.token : this.#current.lastToken;
    const { value, expiresAtMs, endsAtMs } = says;
    this.#database(db).set(key, { key, value, token, expiresAtMs, endsAtMs });
  }

  #endOf(expiresAtMs: number): number {
    if (expiresAtMs === NEVER) return NEVER;
    const remainingMs = Math.max(0, expiresAtMs - this.nowMs);
    return expiresAtMs + Math.ceil((remainingMs * this.#guardPercent) / 100);
  }

  #isOver(lease: ModelLease): boolean {
    return lease.endsAtMs !== NEVER && lease.endsAtMs <= this.horizonMs;
  }

  #database(db: number): Map<ByteString, ModelLease> {
    const database = this.#current.databases[db];
    if (database === undefined) throw new RangeError(`the model has no database ${db}`);
    return database;
  }
}

function copyOf({ databases, lastToken }: ModelState): ModelState {
  return { databases: databases.map((database) => new Map(database)), lastToken };
}

function sorted(leases: readonly ModelLease[]): readonly ModelLease[] {
  return [...leases].sort((first, second) => (first.key < second.key ? -1 : 1));
}
