import type { ByteString } from '../base/byte-string.ts';
import { limits } from '../base/limits.ts';
import type { Partition } from './partition.ts';

/** A session anywhere in the cluster. */
export interface Watcher {
  readonly nodeId: number;
  readonly sessionId: number;
}

interface WatchedKey {
  readonly db: number;
  readonly key: ByteString;
  readonly version: number;
}

interface Registration {
  readonly term: number;
  readonly keys: WatchedKey[];
}

/**
 * The keys that one leader watches for sessions of all nodes (WATCH). A watch holds in the term in
 * which it was made: another leader knows nothing of what changed before it.
 */
export class WatchRegistry {
  readonly #partition: Partition;
  readonly #nodes = new Map<number, Map<number, Registration>>();
  #keyCount = 0;

  constructor(partition: Partition) {
    this.#partition = partition;
  }

  /** Watches keys until `take` or `drop`; false if too many are watched. */
  add({ nodeId, sessionId }: Watcher, db: number, keys: readonly ByteString[]): boolean {
    const { keyspace, servingTerm } = this.#partition;
    if (this.#keyCount + keys.length > limits.forwardedWatchCountMax) return false;
    let sessions = this.#nodes.get(nodeId);
    if (sessions === undefined) {
      sessions = new Map();
      this.#nodes.set(nodeId, sessions);
    }
    let registration = sessions.get(sessionId);
    if (registration !== undefined && registration.term !== servingTerm) {
      this.#release(registration);
      registration = undefined;
    }
    registration ??= { term: servingTerm, keys: [] };
    sessions.set(sessionId, registration);
    const known = new Set(
      registration.keys.filter((each) => each.db === db).map((each) => each.key),
    );
    for (const key of keys) {
      if (known.has(key)) continue;
      known.add(key);
      registration.keys.push({ db, key, version: keyspace.watch(db, key) });
      this.#keyCount += 1;
    }
    return true;
  }

  /**
   * Ends the watches of a session.
   *
   * @returns whether it watched exactly `count` keys, all in this term, and none has changed
   */
  take(watcher: Watcher, count: number): boolean {
    const registration = this.#nodes.get(watcher.nodeId)?.get(watcher.sessionId);
    if (registration === undefined) return count === 0;
    const { keyspace, servingTerm } = this.#partition;
    const unchanged =
      registration.term === servingTerm &&
      registration.keys.length === count &&
      registration.keys.every(({ db, key, version }) => {
        return keyspace.watchedVersion(db, key) === version;
      });
    this.drop(watcher);
    return unchanged || count === 0;
  }

  drop({ nodeId, sessionId }: Watcher): void {
    const sessions = this.#nodes.get(nodeId);
    const registration = sessions?.get(sessionId);
    if (sessions === undefined || registration === undefined) return;
    this.#release(registration);
    sessions.delete(sessionId);
    if (sessions.size === 0) this.#nodes.delete(nodeId);
  }

  /** The node may have lost its sessions, or has begun again. */
  dropNode(nodeId: number): void {
    for (const registration of this.#nodes.get(nodeId)?.values() ?? []) this.#release(registration);
    this.#nodes.delete(nodeId);
  }

  /** Forgets everything if this replica does not lead. */
  tick(): void {
    if (this.#nodes.size === 0 || this.#partition.raft.isLeader) return;
    for (const nodeId of [...this.#nodes.keys()]) this.dropNode(nodeId);
  }

  #release({ keys }: Registration): void {
    for (const { db, key } of keys) this.#partition.keyspace.unwatch(db, key);
    this.#keyCount -= keys.length;
  }
}
