import { assert } from '../base/assert.ts';
import type { ByteString } from '../base/byte-string.ts';
import { ChurnMap } from '../base/churn-map.ts';
import type { Base } from './base.ts';
import type { Effect } from './effect.ts';
import type { Lease } from './lease.ts';

/** An effect that decides what one key holds. */
export type KeyEffect = Extract<Effect, { kind: 'put' | 'move' | 'delete' | 'expire' }>;

interface Database {
  /** The last effect of each key that is not committed. */
  last: ChurnMap<ByteString, KeyEffect>;
  /** Flushes that are not committed; while there are any, base is not looked at. */
  flushCount: number;
  size: number;
}

/** How to take back one effect of the turn. */
type Undo =
  | { readonly kind: 'key'; readonly previous: KeyEffect | undefined; readonly size: number }
  | {
      readonly kind: 'flush';
      readonly last: ChurnMap<ByteString, KeyEffect>;
      readonly size: number;
    }
  | { readonly kind: 'script' }
  | { readonly kind: 'scripts'; readonly scripts: Map<ByteString, ByteString> }
  | { readonly kind: 'nothing' };

/**
 * What a leader executed and has not seen committed: for each key its last effect, over the base.
 * An effect leaves the overlay when it is applied to the base, unless a later one stands in its
 * place; it is found there by identity.
 */
export class Overlay {
  readonly #base: Base;
  readonly #databases: Database[];
  #undos: Undo[] = [];
  #scripts: Map<ByteString, ByteString>;
  #scriptBytes: number;

  constructor(base: Base) {
    this.#base = base;
    this.#databases = Array.from({ length: base.databaseCount }, (_, db) =>
      emptyDatabase(base, db),
    );
    this.#scripts = new Map(base.scripts);
    this.#scriptBytes = bytesOfScripts(this.#scripts);
  }

  get scripts(): ReadonlyMap<ByteString, ByteString> {
    return this.#scripts;
  }

  get scriptBytes(): number {
    return this.#scriptBytes;
  }

  find(db: number, key: ByteString): Lease | undefined {
    const database = this.#database(db);
    if (database.last.size > 0) {
      const effect = database.last.get(key);
      if (effect !== undefined) return heldBy(effect);
    }
    return database.flushCount > 0 ? undefined : this.#base.find(db, key);
  }

  /** Whether what the base says of the key is out of date: an effect that is not committed. */
  decides(db: number, key: ByteString): boolean {
    const { last, flushCount } = this.#database(db);
    return flushCount > 0 || last.has(key);
  }

  size(db: number): number {
    return this.#database(db).size;
  }

  *leases(db: number): Iterable<Lease> {
    const database = this.#database(db);
    if (database.flushCount === 0) {
      for (const lease of this.#base.list(db)) if (!database.last.has(lease.key)) yield lease;
    }
    for (const effect of database.last.values()) {
      const lease = heldBy(effect);
      if (lease !== undefined) yield lease;
    }
  }

  /**
   * A step of SCAN: from a position of the base's list downwards; see `LeaseList`. The first step
   * returns everything that is not committed as well. Later ones say of the keys in the list what
   * is true of them now, because a key that changed in between was not in the first step.
   */
  scan(
    db: number,
    position: number,
    count: number,
  ): { readonly position: number; readonly leases: readonly Lease[] } {
    const database = this.#database(db);
    const list = this.#base.list(db);
    const leases: Lease[] = [];
    if (position === 0) {
      for (const effect of database.last.values()) {
        const lease = heldBy(effect);
        if (lease !== undefined) leases.push(lease);
      }
    }
    if (database.flushCount > 0) return { position: 0, leases };
    const start = position === 0 ? list.size : Math.min(position, list.size);
    const end = Math.max(0, start - count);
    for (let at = start - 1; at >= end; at -= 1) {
      const lease = list.at(at);
      if (lease === undefined) continue;
      const effect = database.last.get(lease.key);
      const held = effect === undefined ? lease : position === 0 ? undefined : heldBy(effect);
      if (held !== undefined) leases.push(held);
    }
    return { position: end, leases };
  }

  /** @param held whether the key holds a lease until now, as `find` says */
  set(db: number, key: ByteString, effect: KeyEffect, held: boolean): void {
    const database = this.#database(db);
    const before = held ? 1 : 0;
    const after = heldBy(effect) === undefined ? 0 : 1;
    const { last, size } = database;
    this.#undos.push({ kind: 'key', previous: last.get(key), size });
    last.set(key, effect);
    database.size = size + after - before;
  }

  flush(db: number): void {
    const database = this.#database(db);
    this.#undos.push({ kind: 'flush', last: database.last, size: database.size });
    database.last = new ChurnMap();
    database.flushCount += 1;
    database.size = 0;
  }

  addScript(sha1: ByteString, source: ByteString): void {
    this.#undos.push({ kind: 'script' });
    this.#scripts.set(sha1, source);
    this.#scriptBytes += source.length;
  }

  forgetScripts(): void {
    this.#undos.push({ kind: 'scripts', scripts: this.#scripts });
    this.#scripts = new Map();
    this.#scriptBytes = 0;
  }

  /** Accounts for an effect that changes nothing here, so that undos and effects stay in step. */
  pushUndo(): void {
    this.#undos.push({ kind: 'nothing' });
  }

  /** Takes back the effects from number `start` on, the last one first. */
  undo(effects: readonly Effect[], start: number): void {
    assert(effects.length === this.#undos.length, 'every effect of the turn can be undone');
    for (let at = effects.length - 1; at >= start; at -= 1) {
      const effect = effects[at];
      const undo = this.#undos.pop();
      assert(effect !== undefined && undo !== undefined, 'an effect and its undo are there');
      this.#undoOne(effect, undo);
    }
  }

  /** The turn is over; its effects can no longer be undone one by one. */
  seal(): void {
    this.#undos = [];
  }

  /** The effect is applied to the base now. */
  settle(effect: Effect): void {
    switch (effect.kind) {
      case 'put':
      case 'move':
        return this.#settleKey(effect.lease.db, effect.lease.key, effect);
      case 'delete':
      case 'expire':
        return this.#settleKey(effect.db, effect.key, effect);
      case 'flush':
        this.#database(effect.db).flushCount -= 1;
        return;
      default:
        return;
    }
  }

  /** Forgets everything; the leases that these effects decided about end by their time again. */
  drop(effects: readonly Effect[]): void {
    const flushed = new Set<number>();
    for (const effect of effects) {
      if (effect.kind === 'flush') {
        if (flushed.has(effect.db)) continue;
        flushed.add(effect.db);
        for (const lease of this.#base.list(effect.db)) this.#base.expectEnd(lease);
      } else if ('lease' in effect) {
        this.#expectEnd(effect.lease.db, effect.lease.key);
      } else if ('key' in effect) {
        this.#expectEnd(effect.db, effect.key);
      }
    }
    this.restart();
  }

  /** Begins again as an empty layer over the base as it is now. */
  restart(): void {
    this.#undos = [];
    for (const db of this.#databases.keys()) this.#databases[db] = emptyDatabase(this.#base, db);
    this.#scripts = new Map(this.#base.scripts);
    this.#scriptBytes = bytesOfScripts(this.#scripts);
  }

  #undoOne(effect: Effect, undo: Undo): void {
    if (undo.kind === 'scripts') {
      this.#scripts = undo.scripts;
      this.#scriptBytes = bytesOfScripts(undo.scripts);
    } else if (undo.kind === 'script') {
      assert(effect.kind === 'script', 'a new script is undone by its undo');
      this.#scripts.delete(effect.sha1);
      this.#scriptBytes -= effect.source.length;
    } else if (undo.kind === 'flush') {
      assert(effect.kind === 'flush', 'a flush is undone by its undo');
      const database = this.#database(effect.db);
      database.last = undo.last;
      database.flushCount -= 1;
      database.size = undo.size;
    } else if (undo.kind === 'key') {
      assert('key' in effect || 'lease' in effect, 'a change of a key is undone by its undo');
      const { db, key } = 'lease' in effect ? effect.lease : effect;
      const database = this.#database(db);
      if (undo.previous === undefined) database.last.delete(key);
      else database.last.set(key, undo.previous);
      database.size = undo.size;
    }
  }

  #settleKey(db: number, key: ByteString, effect: KeyEffect): void {
    const { last } = this.#database(db);
    if (last.get(key) === effect) last.delete(key);
  }

  #expectEnd(db: number, key: ByteString): void {
    const lease = this.#base.find(db, key);
    if (lease !== undefined) this.#base.expectEnd(lease);
  }

  #database(db: number): Database {
    const database = this.#databases[db];
    assert(database !== undefined, 'the number of a database is below their count');
    return database;
  }
}

function heldBy(effect: KeyEffect): Lease | undefined {
  return effect.kind === 'put' || effect.kind === 'move' ? effect.lease : undefined;
}

function emptyDatabase(base: Base, db: number): Database {
  return { last: new ChurnMap(), flushCount: 0, size: base.size(db) };
}

function bytesOfScripts(scripts: ReadonlyMap<ByteString, ByteString>): number {
  let bytes = 0;
  for (const source of scripts.values()) bytes += source.length;
  return bytes;
}
