import type { Effect } from '../src/keyspace/effect.ts';
import { type Lease, NEVER } from '../src/keyspace/lease.ts';
import type { Entry } from '../src/raft/types.ts';
import type { Scheduler } from './scheduler.ts';
import { check } from './violation.ts';

/** One state of a key, from the commit that made it to the next one. */
export interface Version {
  /** Undefined: the key is free. */
  readonly lease: Lease | undefined;
  /** Log time of the entry. */
  readonly timeMs: number;
  readonly index: number;
  /** Rises with every effect: those of one entry come one after the other. */
  readonly order: number;
  /** Whether it is free because the time of its lease is over. */
  readonly isExpiry: boolean;
  /** When its leader appended the entry, and when the first replica knew it committed. */
  readonly appendedAtMicros: number;
  readonly committedAtMicros: number;
}

export interface CommittedEffects {
  readonly effects: readonly Effect[];
  readonly appendedAtMicros: number;
}

/** Node clocks show whole ms, and each new leader rounds once more. */
const roundingMs = 3;

interface GroupBook {
  /** Partition 0 keeps records, which are replaced, instead of locks. */
  readonly keepsLocks: boolean;
  lastToken: number;
  /** Log time of the last committed entry that changed something. */
  timeMs: number;
  readonly names: Map<string, KeyName>;
}

export interface KeyName {
  readonly db: number;
  readonly key: string;
}

const free: Version = {
  lease: undefined,
  timeMs: 0,
  index: 0,
  order: 0,
  isExpiry: false,
  appendedAtMicros: 0,
  committedAtMicros: 0,
};

/**
 * Every lease as the committed log tells it, kept apart from the product's own keyspace: never two
 * holders, tokens dense and rising, nothing ended before its time, by log time and by true time.
 * Replies to clients are judged against the versions that it keeps of every key.
 */
export class LeaseBook {
  readonly #scheduler: Scheduler;
  /** How much faster than true time the fastest clock may run. */
  readonly #rateMax: number;
  readonly #groups = new Map<number, GroupBook>();
  readonly #keys = new Map<string, Version[]>();
  #order = 0;
  grantCount = 0;
  expiryCount = 0;
  releaseCount = 0;
  extensionCount = 0;

  constructor(scheduler: Scheduler, rateMax: number) {
    this.#scheduler = scheduler;
    this.#rateMax = rateMax;
  }

  get rateMax(): number {
    return this.#rateMax;
  }

  committed(
    partition: number,
    entry: Entry,
    { effects, appendedAtMicros }: CommittedEffects,
  ): void {
    const group = this.#group(partition);
    check(entry.timeMs >= group.timeMs, 'log time does not fall', () => {
      return `partition ${partition} at ${entry.index}: ${entry.timeMs} after ${group.timeMs}`;
    });
    group.timeMs = entry.timeMs;
    for (const effect of effects) {
      this.#order += 1;
      this.#apply(group, effect, {
        timeMs: entry.timeMs,
        index: entry.index,
        order: this.#order,
        isExpiry: effect.kind === 'expire',
        appendedAtMicros,
        committedAtMicros: this.#scheduler.nowMicros,
      });
    }
  }

  /** The states in which the key was at some moment between the two, oldest first. */
  versionsBetween(key: string, fromMicros: number, untilMicros: number): readonly Version[] {
    const versions = this.#keys.get(key) ?? [free];
    let last = versions.length - 1;
    while (last > 0 && (versions[last]?.committedAtMicros ?? 0) > untilMicros) last -= 1;
    let first = last;
    // The state before a commit may be seen by what was sent at that very moment.
    while (first > 0 && (versions[first]?.committedAtMicros ?? 0) >= fromMicros) first -= 1;
    return versions.slice(first, last + 1);
  }

  /** The state of a key as of the entry at `index` of its partition. */
  leaseAt(db: number, key: string, index: number): Lease | undefined {
    const versions = this.#keys.get(nameOf(db, key)) ?? [free];
    return versions.findLast((version) => version.index <= index)?.lease;
  }

  /** Every key that ever held a lease in the partition. */
  keysOf(partition: number): readonly KeyName[] {
    return [...(this.#groups.get(partition)?.names.values() ?? [])];
  }

  #group(partition: number): GroupBook {
    const known = this.#groups.get(partition);
    if (known !== undefined) return known;
    const group = { keepsLocks: partition !== 0, lastToken: 0, timeMs: 0, names: new Map() };
    this.#groups.set(partition, group);
    return group;
  }

  #apply(group: GroupBook, effect: Effect, made: Omit<Version, 'lease'>): void {
    switch (effect.kind) {
      case 'put':
        return this.#grant(group, effect.lease, made);
      case 'move':
        return this.#move(effect.lease, made);
      case 'delete':
        this.releaseCount += 1;
        return this.#release(effect.db, effect.key, made);
      case 'expire':
        return this.#expire(effect, made);
      case 'flush':
      case 'raise-token':
        return check(
          false,
          'effects follow from commands',
          () => `${effect.kind} at ${made.index}`,
        );
      default:
        return;
    }
  }

  #grant(group: GroupBook, lease: Lease, made: Omit<Version, 'lease'>): void {
    const holder = this.#last(lease.db, lease.key).lease;
    check(holder === undefined || !group.keepsLocks, 'never two holders by log time', () => {
      return `${lease.key} goes to ${lease.value} while ${holder?.value} holds it`;
    });
    check(lease.token === group.lastToken + 1, 'tokens are dense and rise', () => {
      return `${lease.key} gets token ${lease.token} after ${group.lastToken}`;
    });
    group.lastToken = lease.token;
    this.grantCount += 1;
    group.names.set(nameOf(lease.db, lease.key), { db: lease.db, key: lease.key });
    this.#add(lease.db, lease.key, { ...made, lease });
  }

  #move(lease: Lease, made: Omit<Version, 'lease'>): void {
    const holder = this.#last(lease.db, lease.key).lease;
    const same = holder !== undefined && holder.token === lease.token;
    check(same && holder.value === lease.value, 'an extension keeps owner and token', () => {
      return `${lease.key}: ${holder?.value}/${holder?.token} to ${lease.value}/${lease.token}`;
    });
    this.extensionCount += 1;
    this.#add(lease.db, lease.key, { ...made, lease });
  }

  #release(db: number, key: string, made: Omit<Version, 'lease'>): void {
    check(this.#last(db, key).lease !== undefined, 'only what is held is released', () => key);
    this.#add(db, key, { ...made, lease: undefined });
  }

  #expire(
    { db, key, token }: Extract<Effect, { kind: 'expire' }>,
    made: Omit<Version, 'lease'>,
  ): void {
    const { lease, ...held } = this.#last(db, key);
    // An effect that names another token comes too late and changes nothing.
    if (lease === undefined || lease.token !== token) return;
    check(lease.endsAtMs !== NEVER && made.timeMs >= lease.endsAtMs, 'no lease ends early', () => {
      return `${key} of ${lease.value} ends at log time ${made.timeMs}, not ${lease.endsAtMs}`;
    });
    const promisedMs = (lease.expiresAtMs - held.timeMs) / this.#rateMax - roundingMs;
    const elapsedMs = (made.appendedAtMicros - held.appendedAtMicros) / 1000;
    check(elapsedMs >= promisedMs, 'no lease ends early in real time', () => {
      return `${key} of ${lease.value} ends ${elapsedMs} ms after its grant, not ${promisedMs}`;
    });
    this.expiryCount += 1;
    this.#add(db, key, { ...made, lease: undefined });
  }

  #last(db: number, key: string): Version {
    return this.#keys.get(nameOf(db, key))?.at(-1) ?? free;
  }

  #add(db: number, key: string, version: Version): void {
    const name = nameOf(db, key);
    const versions = this.#keys.get(name);
    if (versions === undefined) this.#keys.set(name, [free, version]);
    else versions.push(version);
  }
}

/** Clients of the simulation use database 0. */
function nameOf(db: number, key: string): string {
  return db === 0 ? key : `${db}:${key}`;
}
