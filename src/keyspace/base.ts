import { assert, assertNever } from '../base/assert.ts';
import type { ByteString } from '../base/byte-string.ts';
import { Changes } from './changes.ts';
import type { Effect } from './effect.ts';
import { ExpiryHeap } from './expiry-heap.ts';
import { FrozenLeases } from './frozen-leases.ts';
import { hashKey, KeyIndex } from './key-index.ts';
import { type Lease, NEVER, type Token, tokenOf } from './lease.ts';
import { LeaseList } from './lease-list.ts';
import { LeaseRows, NO_ROW } from './lease-rows.ts';
import { StateHash } from './state-hash.ts';

interface Database {
  readonly index: KeyIndex;
  readonly list: LeaseList;
  /** How many of the leases end by themselves. */
  expiringCount: number;
}

/**
 * What committed entries produced: the lower of the two layers of a keyspace.
 *
 * Only `apply` changes it, in log order, so every replica that applied the same entries holds the
 * same base. Checkpoints, snapshots and notifications read nothing else.
 */
export class Base {
  readonly #rows = new LeaseRows();
  readonly #databases: readonly Database[];
  readonly #expiry = new ExpiryHeap(this.#rows);
  readonly #hash = new StateHash();
  readonly #hashSeed: number;
  /** The key that was hashed last: one command looks for its key several times. */
  #hashedKey: ByteString = '';
  #keyHash: number;
  readonly #scripts = new Map<ByteString, ByteString>();
  #lastToken: Token = tokenOf(0);
  #changes: Changes;
  #changedScripts = new Set<ByteString>();
  /** What the checkpoint that was taken last has yet to read. */
  #frozen: FrozenLeases | undefined;

  /** @param hashSeed see `hashKey`; replicas may differ in it */
  constructor(databaseCount: number, hashSeed = 0) {
    this.#hashSeed = hashSeed;
    this.#keyHash = hashKey('', hashSeed);
    this.#databases = Array.from({ length: databaseCount }, () => ({
      index: new KeyIndex(this.#rows),
      list: new LeaseList(this.#rows),
      expiringCount: 0,
    }));
    this.#changes = new Changes(databaseCount);
  }

  get databaseCount(): number {
    return this.#databases.length;
  }

  /** The token of the last grant; the next grant gets one more. */
  get lastToken(): Token {
    return this.#lastToken;
  }

  get stateDigest(): string {
    return this.#hash.digest();
  }

  /** Scripts by their SHA-1. */
  get scripts(): ReadonlyMap<ByteString, ByteString> {
    return this.#scripts;
  }

  get changedKeyCount(): number {
    return this.#changes.count;
  }

  find(db: number, key: ByteString): Lease | undefined {
    const row = this.#rowOf(db, key);
    return row === NO_ROW ? undefined : this.#rows.leaseAt(row, key);
  }

  list(db: number): LeaseList {
    return this.#database(db).list;
  }

  size(db: number): number {
    return this.#database(db).index.size;
  }

  /** How many leases of the database end by themselves. */
  expiringCount(db: number): number {
    return this.#database(db).expiringCount;
  }

  /** Whether any lease ends by itself. */
  get anyExpires(): boolean {
    return this.#databases.some(({ expiringCount }) => expiringCount > 0);
  }

  /** When the first lease ends by itself; `NEVER` if none does, as far as is expected now. */
  get nextEndMs(): number {
    const row = this.#expiry.peek();
    return row === NO_ROW ? NEVER : this.#rows.endsAtMs(row);
  }

  /** The lease that ends first. */
  get firstToEnd(): Lease | undefined {
    const row = this.#expiry.peek();
    return row === NO_ROW ? undefined : this.#rows.leaseAt(row);
  }

  /**
   * Takes a lease out of the expiry heap, because an effect that is not committed yet decides
   * about it. Applying that effect settles the lease; giving the effect up calls `expectEnd`.
   */
  withdrawEnd({ db, key }: Lease): void {
    this.#expiry.remove(this.#rowOf(db, key));
  }

  /** Puts a lease that was withdrawn back into the expiry heap; does nothing if it is there. */
  expectEnd({ db, key, endsAtMs }: Lease): void {
    const row = this.#rowOf(db, key);
    if (endsAtMs !== NEVER && !this.#expiry.has(row)) this.#expiry.add(row);
  }

  /**
   * Applies one effect of a committed entry.
   *
   * @param timeMs the entry's log time, which no expired lease may outlast
   * @throws AssertionError if the token is not the next one, or a lease would end early
   */
  apply(effect: Effect, timeMs: number): void {
    switch (effect.kind) {
      case 'put':
        return this.#applyPut(effect.lease, effect.minted);
      case 'move':
        return this.#applyMove(effect.lease);
      case 'delete':
        return this.#applyDelete(effect.db, effect.key);
      case 'expire':
        return this.#applyExpire(effect.db, effect.key, effect.token, timeMs);
      case 'flush':
        return this.#applyFlush(effect.db);
      case 'raise-token':
        assert(effect.token > this.#lastToken, 'tokens are raised, never lowered');
        this.#lastToken = effect.token;
        return;
      case 'publish':
        return;
      case 'script':
        this.#scripts.set(effect.sha1, effect.source);
        this.#changedScripts.add(effect.sha1);
        return;
      case 'forget-scripts':
        for (const sha1 of this.#scripts.keys()) this.#changedScripts.add(sha1);
        this.#scripts.clear();
        return;
      default:
        return assertNever(effect);
    }
  }

  /** Puts a lease of a checkpoint in place; before any entry is applied. */
  restoreLease(lease: Lease): void {
    const hash = this.#hashOf(lease.key);
    const { index } = this.#database(lease.db);
    assert(index.find(lease.key, hash) === NO_ROW, 'a checkpoint holds a key once');
    this.#insert(lease, hash);
  }

  restoreScript(sha1: ByteString, source: ByteString): void {
    this.#scripts.set(sha1, source);
  }

  restoreToken(token: Token): void {
    this.#lastToken = token;
  }

  /** The changes since the last call, which a checkpoint is going to write. */
  takeChanges(): { readonly leases: FrozenLeases; readonly scripts: ReadonlySet<ByteString> } {
    this.#frozen?.settle();
    this.#frozen = new FrozenLeases(this.#changes, (db, key) => this.find(db, key));
    const taken = { leases: this.#frozen, scripts: this.#changedScripts };
    this.#changes = new Changes(this.databaseCount);
    this.#changedScripts = new Set();
    return taken;
  }

  #applyPut(lease: Lease, minted: boolean): void {
    const { db, key } = lease;
    const hash = this.#hashOf(key);
    const row = this.#database(db).index.find(key, hash);
    const previous = row === NO_ROW ? undefined : this.#rows.leaseAt(row, key);
    if (minted) {
      assert(lease.token === this.#lastToken + 1, 'a minted token is the previous one plus one');
      this.#lastToken = lease.token;
    } else {
      assert(previous?.token === lease.token, 'a lease that keeps its token was there before');
    }
    this.#frozen?.preserve(db, key, previous);
    this.#changes.put(db, key, previous !== undefined);
    if (previous === undefined) this.#insert(lease, hash);
    else this.#replace(row, previous, lease);
  }

  #applyMove(lease: Lease): void {
    const { db, key } = lease;
    const row = this.#getRow(db, key);
    const previous = this.#rows.leaseAt(row, key);
    assert(previous.token === lease.token, 'an expiry is moved for the token that holds the key');
    this.#frozen?.preserve(db, key, previous);
    this.#changes.put(db, key, true);
    this.#replace(row, previous, lease);
  }

  #applyDelete(db: number, key: ByteString): void {
    const row = this.#getRow(db, key);
    this.#remove(row, this.#rows.leaseAt(row, key));
  }

  #applyExpire(db: number, key: ByteString, token: Token, timeMs: number): void {
    const row = this.#getRow(db, key);
    const lease = this.#rows.leaseAt(row, key);
    assert(lease.token === token, 'a lease expires by the token that it was granted with');
    assert(lease.endsAtMs !== NEVER && lease.endsAtMs <= timeMs, 'no lease ends before its time');
    this.#remove(row, lease);
  }

  #applyFlush(db: number): void {
    const database = this.#database(db);
    const { index, list } = database;
    for (let position = 0; position < list.size; position += 1) {
      const row = list.rowAt(position);
      const lease = this.#rows.leaseAt(row);
      this.#frozen?.preserve(db, lease.key, lease);
      this.#hash.remove(lease);
      this.#changes.remove(db, lease.key);
      if (this.#expiry.has(row)) this.#expiry.remove(row);
    }
    for (let position = 0; position < list.size; position += 1) {
      this.#rows.free(list.rowAt(position));
    }
    index.clear();
    list.clear();
    database.expiringCount = 0;
  }

  #insert(lease: Lease, hash: number): void {
    const database = this.#database(lease.db);
    const row = this.#rows.add(lease, hash);
    database.index.add(row, hash);
    database.list.add(row);
    if (lease.endsAtMs !== NEVER) {
      this.#expiry.add(row);
      database.expiringCount += 1;
    }
    this.#hash.add(lease);
  }

  #replace(row: number, previous: Lease, lease: Lease): void {
    const database = this.#database(lease.db);
    database.expiringCount += countExpiring(lease) - countExpiring(previous);
    this.#rows.update(row, previous, lease);
    if (!this.#expiry.has(row)) {
      if (lease.endsAtMs !== NEVER) this.#expiry.add(row);
    } else if (lease.endsAtMs === NEVER) {
      this.#expiry.remove(row);
    } else {
      this.#expiry.moved(row);
    }
    this.#hash.remove(previous);
    this.#hash.add(lease);
  }

  #remove(row: number, lease: Lease): void {
    const { db, key } = lease;
    const database = this.#database(db);
    this.#frozen?.preserve(db, key, lease);
    database.index.remove(row);
    database.list.remove(row);
    database.expiringCount -= countExpiring(lease);
    if (this.#expiry.has(row)) this.#expiry.remove(row);
    this.#rows.free(row);
    this.#hash.remove(lease);
    this.#changes.remove(db, key);
  }

  #rowOf(db: number, key: ByteString): number {
    return this.#database(db).index.find(key, this.#hashOf(key));
  }

  #hashOf(key: ByteString): number {
    if (key !== this.#hashedKey) {
      this.#keyHash = hashKey(key, this.#hashSeed);
      this.#hashedKey = key;
    }
    return this.#keyHash;
  }

  #getRow(db: number, key: ByteString): number {
    const row = this.#rowOf(db, key);
    assert(row !== NO_ROW, 'an effect names a key that holds a lease');
    return row;
  }

  #database(db: number): Database {
    const database = this.#databases[db];
    assert(database !== undefined, 'the number of a database is below their count');
    return database;
  }
}

function countExpiring(lease: Lease): number {
  return lease.endsAtMs === NEVER ? 0 : 1;
}
