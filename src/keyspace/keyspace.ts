import { assert } from '../base/assert.ts';
import type { ByteString } from '../base/byte-string.ts';
import type { Base } from './base.ts';
import type { Effect } from './effect.ts';
import { KeyCounts } from './key-counts.ts';
import { type Lease, leaseOf, NEVER, type Token, tokenOf } from './lease.ts';
import { type KeyEffect, Overlay } from './overlay.ts';
import { Watches } from './watches.ts';

export interface KeyspaceOptions {
  /** The margin for clock rates, in percent of a lease's time (`lease-guard`). */
  readonly leaseGuardPercent: number;
  /** Where to go on counting; new counts if not given. */
  readonly counts?: KeyCounts;
}

/** A place in the effects of a turn to which `rollback` returns. */
export interface Savepoint {
  readonly effectCount: number;
  readonly effectBytes: number;
  readonly lastToken: Token;
}

interface PendingEntry {
  readonly index: number;
  readonly effects: readonly Effect[];
}

/**
 * The keyspace as the commands of a leader see it: the overlay of what was executed and is not
 * committed yet, over the base. Every change becomes an effect of the turn; `seal` binds the
 * effects of a turn to the log entry that carries them, `commit` moves them from overlay to base,
 * and `drop` forgets everything that is not committed.
 */
export class Keyspace {
  readonly base: Base;
  readonly counts: KeyCounts;
  readonly #overlay: Overlay;
  readonly #watches = new Watches();
  readonly #guardPercent: number;
  #effects: Effect[] = [];
  #pending: PendingEntry[] = [];
  #effectBytes = 0;
  #lastToken: Token;
  #nowMs = 0;
  #horizonMs = 0;

  /** The id of the request that runs now; a lease that it creates remembers it. '' if none. */
  requestId: ByteString = '';

  constructor(base: Base, options: KeyspaceOptions) {
    this.base = base;
    this.counts = options.counts ?? new KeyCounts();
    this.#overlay = new Overlay(base);
    this.#lastToken = base.lastToken;
    this.#guardPercent = options.leaseGuardPercent;
  }

  /** The leader's logical clock in ms during this turn. */
  get nowMs(): number {
    return this.#nowMs;
  }

  /** The token of the last grant that was executed, committed or not. */
  get lastToken(): Token {
    return this.#lastToken;
  }

  get effectCount(): number {
    return this.#effects.length;
  }

  /** About how many bytes the effects of the turn will take in the log. */
  get effectBytes(): number {
    return this.#effectBytes;
  }

  /** Whether anything was executed that is not committed. */
  get uncommitted(): boolean {
    return this.#effects.length > 0 || this.#pending.length > 0;
  }

  /** The entry that is committed next, of those that this replica executed; 0 if none. */
  get oldestPendingIndex(): number {
    return this.#pending[0]?.index ?? 0;
  }

  /**
   * Sets the clock for the commands that follow.
   *
   * @param nowMs the logical clock, from which new expiries are counted
   * @param horizonMs the time up to which leases may end; behind `nowMs` while the process has
   *   been late and renewals may still wait in its sockets
   */
  setTime({ nowMs, horizonMs }: { readonly nowMs: number; readonly horizonMs: number }): void {
    assert(horizonMs <= nowMs && nowMs >= this.#nowMs, 'logical time does not fall');
    this.#nowMs = nowMs;
    this.#horizonMs = horizonMs;
  }

  /** A keyspace with the same options over another base (that of a snapshot). */
  over(base: Base): Keyspace {
    return new Keyspace(base, { leaseGuardPercent: this.#guardPercent, counts: this.counts });
  }

  /** Whether the request that runs now created the lease, when it ran for the first time. */
  isOwnGrant({ requestId }: Lease): boolean {
    return requestId !== '' && requestId === this.requestId;
  }

  /** The lease that holds the key. One whose time is over is expired on the spot. */
  find(db: number, key: ByteString): Lease | undefined {
    const lease = this.#overlay.find(db, key);
    if (lease !== undefined && this.#isOver(lease)) {
      this.#expire(lease);
      return undefined;
    }
    return lease;
  }

  /** As `find`, for a command that reads the key: INFO counts a hit or a miss. */
  read(db: number, key: ByteString): Lease | undefined {
    const lease = this.find(db, key);
    if (lease === undefined) this.counts.missCount += 1;
    else this.counts.hitCount += 1;
    return lease;
  }

  /**
   * Gives the key to the owner `value` until `expiresAtMs` (`NEVER`: for good). A token is minted
   * if the key was free or had another value; else the lease keeps its token.
   */
  put(db: number, key: ByteString, value: ByteString, expiresAtMs: number): Lease {
    return this.#put(db, key, value, expiresAtMs, this.#endOf(expiresAtMs));
  }

  /** As `put`, keeping the end of the lease that is there, if there is one (SET KEEPTTL, INCR). */
  putKeepingEnd(db: number, key: ByteString, value: ByteString): Lease {
    const { expiresAtMs, endsAtMs } = this.find(db, key) ?? { expiresAtMs: NEVER, endsAtMs: NEVER };
    return this.#put(db, key, value, expiresAtMs, endsAtMs);
  }

  /** Gives `lease`, which `find` returned, another end; `NEVER` takes its end away. */
  moveEnd(lease: Lease, expiresAtMs: number): Lease {
    const moved = leaseOf({ ...lease, expiresAtMs, endsAtMs: this.#endOf(expiresAtMs) });
    this.#add({ kind: 'move', lease: moved }, true);
    return moved;
  }

  /** Puts `lease`, which `find` returned, under another key with its end; a new grant there. */
  rename(lease: Lease, key: ByteString): void {
    this.delete(lease.db, lease.key);
    const replaced = this.find(lease.db, key);
    this.#grant({ ...lease, key }, replaced);
  }

  /** Frees the key; false if it was free. */
  delete(db: number, key: ByteString): boolean {
    if (this.find(db, key) === undefined) return false;
    this.#add({ kind: 'delete', db, key }, true);
    return true;
  }

  /** Frees every key of the database. */
  flush(db: number): void {
    for (const key of this.#watches.keysOf(db)) {
      if (this.find(db, key) !== undefined) this.#watches.touch(db, key);
    }
    this.#push({ kind: 'flush', db }, 0);
    this.#overlay.flush(db);
  }

  /** Leaves out every token up to `token`: grants that are not known here may have had them. */
  raiseToken(token: Token): void {
    assert(token > this.#lastToken, 'tokens are raised, never lowered');
    this.#push({ kind: 'raise-token', token }, 0);
    this.#overlay.pushUndo();
    this.#lastToken = token;
  }

  publish(channel: ByteString, message: ByteString): void {
    this.#push({ kind: 'publish', channel, message }, channel.length + message.length);
    this.#overlay.pushUndo();
  }

  /** The source of a script that the cluster knows. */
  findScript(sha1: ByteString): ByteString | undefined {
    return this.#overlay.scripts.get(sha1);
  }

  get scriptBytes(): number {
    return this.#overlay.scriptBytes;
  }

  get scriptCount(): number {
    return this.#overlay.scripts.size;
  }

  addScript(sha1: ByteString, source: ByteString): void {
    if (this.#overlay.scripts.has(sha1)) return;
    this.#push({ kind: 'script', sha1, source }, source.length);
    this.#overlay.addScript(sha1, source);
  }

  forgetScripts(): void {
    this.#push({ kind: 'forget-scripts' }, 0);
    this.#overlay.forgetScripts();
  }

  /** Keys of the database, expired ones that nothing has touched yet included (as in Redis). */
  size(db: number): number {
    return this.#overlay.size(db);
  }

  /** Every lease of the database that is not over, in no particular order. */
  *leases(db: number): Iterable<Lease> {
    for (const lease of this.#overlay.leases(db)) if (!this.#isOver(lease)) yield lease;
  }

  /**
   * One step of SCAN.
   *
   * @param position where to go on, 0 to begin; returned by the step before
   * @param count about how many leases to look at
   * @returns the leases seen, and the next position, 0 at the end
   */
  scan(
    db: number,
    position: number,
    count: number,
  ): { readonly position: number; readonly leases: readonly Lease[] } {
    const step = this.#overlay.scan(db, position, count);
    return { position: step.position, leases: step.leases.filter((lease) => !this.#isOver(lease)) };
  }

  /** Remembers the key for WATCH and returns its version; every call needs its `unwatch`. */
  watch(db: number, key: ByteString): number {
    this.find(db, key);
    return this.#watches.add(db, key);
  }

  /** The version of a watched key: another number after every change. */
  watchedVersion(db: number, key: ByteString): number {
    this.find(db, key);
    return this.#watches.version(db, key);
  }

  unwatch(db: number, key: ByteString): void {
    this.#watches.remove(db, key);
  }

  savepoint(): Savepoint {
    return {
      effectCount: this.#effects.length,
      effectBytes: this.#effectBytes,
      lastToken: this.#lastToken,
    };
  }

  /** Undoes every change of this turn after the savepoint. */
  rollback(savepoint: Savepoint): void {
    assert(savepoint.effectCount <= this.#effects.length, 'a savepoint belongs to this turn');
    this.#overlay.undo(this.#effects, savepoint.effectCount);
    for (let at = savepoint.effectCount; at < this.#effects.length; at += 1) {
      if (this.#effects[at]?.kind === 'expire') this.counts.expiredCount -= 1;
    }
    this.#effects.length = savepoint.effectCount;
    this.#effectBytes = savepoint.effectBytes;
    this.#lastToken = savepoint.lastToken;
  }

  /**
   * Expires leases whose time is over, at most `limit` of them.
   *
   * @returns how many it expired; `limit` means that there may be more
   */
  expireDue(limit: number): number {
    let count = 0;
    while (count < limit) {
      const lease = this.base.firstToEnd;
      if (lease === undefined || lease.endsAtMs > this.#horizonMs) break;
      this.base.withdrawEnd(lease);
      if (this.#overlay.decides(lease.db, lease.key)) continue;
      this.#expire(lease);
      count += 1;
    }
    return count;
  }

  /** The effects of the turn so far, which become one log entry. */
  get effects(): readonly Effect[] {
    return this.#effects;
  }

  /** Binds the effects of this turn to the log entry at `index`; the next turn begins. */
  seal(index: number): void {
    this.#pending.push({ index, effects: this.#effects });
    this.#effects = [];
    this.#effectBytes = 0;
    this.#overlay.seal();
  }

  /**
   * Moves the effects of the entry at `index` from overlay to base.
   *
   * @returns the effects, for those who tell others about them
   */
  commit(index: number, timeMs: number): readonly Effect[] {
    const entry = this.#pending.shift();
    assert(entry !== undefined && entry.index === index, 'entries are committed in their order');
    for (const effect of entry.effects) {
      this.base.apply(effect, timeMs);
      this.#overlay.settle(effect);
    }
    return entry.effects;
  }

  /** Applies the effects of an entry that this replica did not execute; `drop` must follow. */
  apply(effects: readonly Effect[], timeMs: number): void {
    assert(this.#pending.length === 0 && this.#effects.length === 0, 'a follower executes nothing');
    for (const effect of effects) this.base.apply(effect, timeMs);
  }

  /**
   * Forgets everything that is not committed and begins again on the base as it is: leadership
   * is lost, or a new leader has applied what came before it.
   */
  drop(): void {
    this.#overlay.drop([...this.#pending.flatMap(({ effects }) => effects), ...this.#effects]);
    this.#pending = [];
    this.#effects = [];
    this.#effectBytes = 0;
    this.#nowMs = 0;
    this.#lastToken = this.base.lastToken;
    this.#watches.touchAll();
  }

  #put(
    db: number,
    key: ByteString,
    value: ByteString,
    expiresAtMs: number,
    endsAtMs: number,
  ): Lease {
    const existing = this.find(db, key);
    if (existing === undefined || existing.value !== value) {
      return this.#grant({ db, key, value, expiresAtMs, endsAtMs }, existing);
    }
    const lease = leaseOf({ ...existing, expiresAtMs, endsAtMs });
    this.#add({ kind: 'move', lease }, true);
    return lease;
  }

  /** Puts a lease with a new token in the place of `replaced`: what `find` says of the key. */
  #grant(
    { db, key, value, expiresAtMs, endsAtMs }: Omit<Lease, 'token' | 'requestId'>,
    replaced: Lease | undefined,
  ): Lease {
    const token = tokenOf(this.#lastToken + 1);
    const { requestId } = this;
    const lease = leaseOf({ db, key, value, token, expiresAtMs, endsAtMs, requestId });
    this.#lastToken = token;
    this.#add({ kind: 'put', lease, minted: true }, replaced !== undefined);
    return lease;
  }

  #expire(lease: Lease): void {
    this.counts.expiredCount += 1;
    this.#add({ kind: 'expire', db: lease.db, key: lease.key, token: lease.token }, true);
  }

  /** @param held whether the key holds a lease until now */
  #add(effect: KeyEffect, held: boolean): void {
    const { db, key } = 'lease' in effect ? effect.lease : effect;
    this.#push(effect, key.length + ('lease' in effect ? effect.lease.value.length : 0));
    this.#overlay.set(db, key, effect, held);
    this.#watches.touch(db, key);
  }

  #push(effect: Effect, textBytes: number): void {
    this.#effects.push(effect);
    this.#effectBytes += textBytes + effectOverheadBytes;
  }

  #isOver(lease: Lease): boolean {
    return lease.endsAtMs !== NEVER && lease.endsAtMs <= this.#horizonMs;
  }

  /** The owner's time and the margin that the server adds for clocks of different rates. */
  #endOf(expiresAtMs: number): number {
    if (expiresAtMs === NEVER) return NEVER;
    const remainingMs = Math.max(0, expiresAtMs - this.#nowMs);
    return expiresAtMs + Math.ceil((remainingMs * this.#guardPercent) / 100);
  }
}

/** About what an effect takes in the log besides its texts: numbers, lengths, its kind. */
const effectOverheadBytes = 24;
