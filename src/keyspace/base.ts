import { assert, assertNever } from '../base/assert.ts';
import type { ByteString } from '../base/byte-string.ts';
import { ChurnMap } from '../base/churn-map.ts';
import { Heap } from '../base/heap.ts';
import { Changes } from './changes.ts';
import type { Effect } from './effect.ts';
import { type Lease, NEVER, type Token, tokenOf } from './lease.ts';
import { LeaseList } from './lease-list.ts';
import { StateHash } from './state-hash.ts';

interface Database {
  readonly leases: ChurnMap<ByteString, Lease>;
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
  readonly #databases: readonly Database[];
  readonly #expiry = new Heap<Lease>((lease) => lease.endsAtMs);
  readonly #hash = new StateHash();
  readonly #scripts = new Map<ByteString, ByteString>();
  #lastToken: Token = tokenOf(0);
  #changes: Changes;
  #changedScripts = new Set<ByteString>();

  constructor(databaseCount: number) {
    this.#databases = Array.from({ length: databaseCount }, () => ({
      leases: new ChurnMap(),
      list: new LeaseList(),
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
    return this.#database(db).leases.get(key);
  }

  list(db: number): LeaseList {
    return this.#database(db).list;
  }

  size(db: number): number {
    return this.#database(db).leases.size;
  }

  /** How many leases of the database end by themselves. */
  expiringCount(db: number): number {
    return this.#database(db).expiringCount;
  }

  /** Whether any lease ends by itself. */
  get anyExpires(): boolean {
    return this.#databases.some(({ expiringCount }) => expiringCount > 0);
  }

  /** The lease that ends first. */
  get firstToEnd(): Lease | undefined {
    return this.#expiry.peek();
  }

  /**
   * Takes a lease out of the expiry heap, because an effect that is not committed yet decides
   * about it. Applying that effect settles the lease; giving the effect up calls `expectEnd`.
   */
  withdrawEnd(lease: Lease): void {
    this.#expiry.remove(lease);
  }

  /** Puts a lease that was withdrawn back into the expiry heap; does nothing if it is there. */
  expectEnd(lease: Lease): void {
    if (lease.endsAtMs !== NEVER && lease.heapPosition === -1) this.#expiry.add(lease);
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
        return this.#remove(this.#get(effect.db, effect.key));
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
    assert(this.find(lease.db, lease.key) === undefined, 'a checkpoint holds a key once');
    this.#insert(lease);
  }

  restoreScript(sha1: ByteString, source: ByteString): void {
    this.#scripts.set(sha1, source);
  }

  restoreToken(token: Token): void {
    this.#lastToken = token;
  }

  /** The changes since the last call, which a checkpoint is going to write. */
  takeChanges(): { readonly keys: Changes; readonly scripts: ReadonlySet<ByteString> } {
    const taken = { keys: this.#changes, scripts: this.#changedScripts };
    this.#changes = new Changes(this.databaseCount);
    this.#changedScripts = new Set();
    return taken;
  }

  #applyPut(lease: Lease, minted: boolean): void {
    const previous = this.find(lease.db, lease.key);
    if (minted) {
      assert(lease.token === this.#lastToken + 1, 'a minted token is the previous one plus one');
      this.#lastToken = lease.token;
    } else {
      assert(previous?.token === lease.token, 'a lease that keeps its token was there before');
    }
    this.#changes.put(lease.db, lease.key, previous !== undefined);
    if (previous === undefined) this.#insert(lease);
    else this.#replace(previous, lease);
  }

  #applyMove(lease: Lease): void {
    const previous = this.#get(lease.db, lease.key);
    assert(previous.token === lease.token, 'an expiry is moved for the token that holds the key');
    this.#changes.put(lease.db, lease.key, true);
    this.#replace(previous, lease);
  }

  #applyExpire(db: number, key: ByteString, token: Token, timeMs: number): void {
    const lease = this.#get(db, key);
    assert(lease.token === token, 'a lease expires by the token that it was granted with');
    assert(lease.endsAtMs !== NEVER && lease.endsAtMs <= timeMs, 'no lease ends before its time');
    this.#remove(lease);
  }

  #applyFlush(db: number): void {
    const database = this.#database(db);
    const { leases, list } = database;
    for (const lease of list) {
      this.#hash.remove(lease);
      this.#changes.remove(db, lease.key);
      if (lease.heapPosition !== -1) this.#expiry.remove(lease);
    }
    leases.clear();
    list.clear();
    database.expiringCount = 0;
  }

  #insert(lease: Lease): void {
    const database = this.#database(lease.db);
    database.leases.set(lease.key, lease);
    database.list.add(lease);
    if (lease.endsAtMs !== NEVER) {
      this.#expiry.add(lease);
      database.expiringCount += 1;
    }
    this.#hash.add(lease);
  }

  #replace(previous: Lease, lease: Lease): void {
    const database = this.#database(lease.db);
    database.leases.set(lease.key, lease);
    database.list.replace(previous, lease);
    database.expiringCount += countExpiring(lease) - countExpiring(previous);
    if (previous.heapPosition === -1) {
      if (lease.endsAtMs !== NEVER) this.#expiry.add(lease);
    } else if (lease.endsAtMs === NEVER) {
      this.#expiry.remove(previous);
    } else {
      this.#expiry.replace(previous, lease);
    }
    this.#hash.remove(previous);
    this.#hash.add(lease);
  }

  #remove(lease: Lease): void {
    const database = this.#database(lease.db);
    database.leases.delete(lease.key);
    database.list.remove(lease);
    database.expiringCount -= countExpiring(lease);
    if (lease.heapPosition !== -1) this.#expiry.remove(lease);
    this.#hash.remove(lease);
    this.#changes.remove(lease.db, lease.key);
  }

  #get(db: number, key: ByteString): Lease {
    const lease = this.find(db, key);
    assert(lease !== undefined, 'an effect names a key that holds a lease');
    return lease;
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
