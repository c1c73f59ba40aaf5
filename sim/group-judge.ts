import type { Effect } from '../src/keyspace/effect.ts';
import { decodeEffects } from '../src/keyspace/effect-codec.ts';
import {
  type Configuration,
  type Entry,
  type Index,
  NOBODY,
  nodeOf,
  type ReplicaId,
} from '../src/raft/types.ts';
import type { Append } from '../src/store/store-port.ts';
import type { LeaseBook } from './lease-book.ts';
import { type Leading, MemberJudge } from './member-judge.ts';
import { type RecoveredLog, ReplicaLog } from './replica-log.ts';
import { check } from './violation.ts';

/** An entry by its place, which names one entry for ever (Log Matching, Figure 3.2). */
interface Place {
  readonly entry: Entry;
  readonly previousTerm: number | undefined;
  /** When the turn began in which the first replica, its leader, appended it. */
  readonly appendedAtMicros: number;
}

interface Committed {
  readonly entry: Entry;
  /** The term of the replica that knew first. */
  readonly inTerm: number;
  /** Of the state after this entry, once a replica has shown it. */
  digest: string;
}

/** What the judge knows of one replica besides its log; the log survives the process. */
interface Seen {
  log: ReplicaLog;
  self: ReplicaId;
  commitIndex: number;
  appliedIndex: number;
  leadsTerm: number;
  /** Its log names other members than when it was observed last. */
  changed: boolean;
}

/** What a replica shows between two events; a `Partition` does. */
export interface ObservedReplica {
  readonly appliedIndex: number;
  readonly raft: Leading & {
    readonly role: string;
    readonly commitIndex: number;
    readonly hasOutput: boolean;
    configurationAt(index: Index): Configuration;
  };
  readonly keyspace: {
    readonly base: { readonly stateDigest: string; readonly lastToken: number };
  };
}

export type OnCommitted = (entry: Entry, effects: readonly Effect[]) => void;

/** What a group did; a run without some of it proves nothing. */
export interface GroupCounts {
  leaders: number;
  committed: number;
  cuts: number;
}

const termsPerIndex = 2 ** 20;

/**
 * Watches the replicas of one group with the knowledge of all of them: the properties of Figure
 * 3.2 of the thesis, that what is committed is on the disks of a majority, that log time does not
 * fall, and that replicas which applied the same have the same state. What is committed goes to
 * the book of leases.
 */
export class GroupJudge {
  readonly partition: number;
  readonly counts: GroupCounts = { leaders: 0, committed: 0, cuts: 0 };
  readonly #book: LeaseBook;
  readonly #seen = new Map<number, Seen>();
  /** What replicas had whose disks are lost: what they acknowledged before counts. */
  readonly #formerLogs = new Map<number, ReplicaLog>();
  readonly #places = new Map<number, Place>();
  readonly #leaders = new Map<number, ReplicaId>();
  readonly #committed: Committed[] = [];

  readonly members: MemberJudge;
  readonly #onCommitted: OnCommitted;

  constructor(options: {
    readonly partition: number;
    readonly founders: readonly ReplicaId[];
    readonly book: LeaseBook;
    readonly onCommitted: OnCommitted;
  }) {
    const { partition, founders, book, onCommitted } = options;
    this.#onCommitted = onCommitted;
    this.partition = partition;
    this.#book = book;
    this.members = new MemberJudge(this.#name, founders);
  }

  get committedIndex(): number {
    return this.#committed.length;
  }

  started(nodeId: number, recovered: RecoveredLog): void {
    const seen = this.#get(nodeId);
    seen.log.recovered(recovered);
    seen.commitIndex = recovered.baseIndex;
    seen.appliedIndex = recovered.baseIndex;
    seen.leadsTerm = 0;
    seen.self = recovered.self;
    for (const entry of recovered.entries) this.#checkPlace(seen.log, entry, 0);
  }

  /** @param sinceMicros when the turn began whose effects it may hold */
  written(nodeId: number, { entries }: Append, sinceMicros: number): void {
    const [first] = entries;
    if (first === undefined) return;
    const { log } = this.#get(nodeId);
    if (first.index <= log.lastIndex) this.counts.cuts += 1;
    log.written(entries);
    for (const entry of entries) this.#checkPlace(log, entry, sinceMicros);
    if (entries.some(({ kind }) => kind === 'configuration')) this.#get(nodeId).changed = true;
  }

  durable(nodeId: number, append: Append): void {
    const { log, self } = this.#get(nodeId);
    log.durable(append);
    if (append.hardState !== undefined) this.members.voted(self, append.hardState);
  }

  snapshotInstalling(nodeId: number, index: number): void {
    this.#get(nodeId).log.installing(index);
  }

  /** A snapshot became the state and the beginning of the log of this replica. */
  snapshotInstalled(nodeId: number, index: number): void {
    const seen = this.#get(nodeId);
    seen.log.restart(index);
    seen.commitIndex = Math.max(seen.commitIndex, index);
    seen.appliedIndex = index;
  }

  /** The disk of the node is empty: it starts as another replica. */
  forget(nodeId: number): void {
    const seen = this.#get(nodeId);
    this.#formerLogs.set(seen.self, seen.log);
    seen.log = new ReplicaLog();
  }

  /**
   * Looks at a replica between two events. While outputs wait to be taken, its log is ahead of
   * what it gave to the disk; what it has applied is certain all the same.
   */
  observe(nodeId: number, partition: ObservedReplica): void {
    const { raft, appliedIndex } = partition;
    const seen = this.#get(nodeId);
    const settled = !raft.hasOutput;
    if (settled && raft.role === 'leader' && seen.leadsTerm !== raft.term) {
      this.#checkLeader(nodeId, seen, raft);
    }
    const until = settled ? raft.commitIndex : appliedIndex;
    if (until > seen.commitIndex) {
      this.#learnCommitted(nodeId, seen, raft, until);
      if (settled && raft.role === 'leader') this.members.checkMembers(raft, seen.log);
    }
    if (settled && seen.changed) {
      seen.changed = false;
      this.members.checkOneChange(seen.log, this.committedIndex);
    }
    if (appliedIndex !== seen.appliedIndex) this.#checkState(nodeId, seen, partition);
  }

  /** When the entry that is committed at `index` was appended by its leader. */
  appendedAtMicros(entry: Entry): number {
    return this.#places.get(placeKey(entry.index, entry.term))?.appendedAtMicros ?? 0;
  }

  #get(nodeId: number): Seen {
    const known = this.#seen.get(nodeId);
    if (known !== undefined) return known;
    const log = new ReplicaLog();
    const seen = {
      log,
      self: NOBODY,
      commitIndex: 0,
      appliedIndex: 0,
      leadsTerm: 0,
      changed: false,
    };
    this.#seen.set(nodeId, seen);
    return seen;
  }

  /** Log Matching: one entry a place, with one predecessor; log time does not fall along it. */
  #checkPlace(log: ReplicaLog, entry: Entry, appendedAtMicros: number): void {
    const key = placeKey(entry.index, entry.term);
    const known = this.#places.get(key);
    const previousTerm = log.findTerm(entry.index - 1);
    if (known === undefined) {
      this.#places.set(key, { entry, previousTerm, appendedAtMicros });
      if (entry.kind === 'configuration') this.members.appended(log, entry);
      const previous =
        previousTerm === undefined
          ? undefined
          : this.#places.get(placeKey(entry.index - 1, previousTerm));
      const fell = previous !== undefined && previous.entry.timeMs > entry.timeMs;
      check(!fell, 'log time does not fall', () => `${this.#name} at ${describe(entry)}`);
      return;
    }
    check(isSame(known.entry, entry), 'log matching', () => {
      return `${this.#name} has two entries at ${describe(entry)}`;
    });
    if (known.previousTerm === undefined || previousTerm === undefined) return;
    check(known.previousTerm === previousTerm, 'log matching', () => {
      return `${this.#name} has two predecessors of ${describe(entry)}`;
    });
  }

  /** Election Safety and Leader Completeness. */
  #checkLeader(nodeId: number, seen: Seen, raft: Leading): void {
    const { term, self } = raft;
    seen.leadsTerm = term;
    const other = this.#leaders.get(term);
    check(other === undefined || other === self, 'one leader a term', () => {
      return `${this.#name} has the leaders ${other} and ${self} in term ${term}`;
    });
    if (other !== undefined) return;
    this.#leaders.set(term, self);
    this.members.checkElected(raft, seen.log);
    this.counts.leaders += 1;
    // One entry is enough: by Log Matching the logs are equal up to it.
    let at = this.#committed.length - 1;
    while (at >= 0 && (this.#committed[at]?.inTerm ?? 0) >= term) at -= 1;
    const last = this.#committed[at]?.entry;
    if (last === undefined || last.index <= seen.log.baseIndex) return;
    check(seen.log.findTerm(last.index) === last.term, 'leader completeness', () => {
      return `node ${nodeId} leads ${this.#name} in term ${term} without ${describe(last)}`;
    });
  }

  #learnCommitted(nodeId: number, seen: Seen, raft: ObservedReplica['raft'], until: number): void {
    for (let index = seen.commitIndex + 1; index <= until; index += 1) {
      const term = seen.log.findTerm(index);
      const known = this.#committed[index - 1];
      if (known !== undefined) {
        const same = index <= seen.log.baseIndex || term === known.entry.term;
        check(same, 'state machine safety', () => {
          return `node ${nodeId} commits ${index} of term ${term}, not ${describe(known.entry)}`;
        });
        continue;
      }
      const entry = term === undefined ? undefined : this.#places.get(placeKey(index, term))?.entry;
      check(entry !== undefined, 'state machine safety', () => {
        return `node ${nodeId} commits ${index} of ${this.#name} without having it`;
      });
      if (raft.role === 'leader') this.#checkOnMajority(entry, raft);
      this.#committed.push({ entry, inTerm: raft.term, digest: '' });
      this.counts.committed += 1;
      if (entry.kind === 'configuration') this.members.committed(entry);
      if (entry.kind !== 'effects') continue;
      const effects = decodeEffects(entry.payload);
      const appendedAtMicros = this.appendedAtMicros(entry);
      this.#book.committed(this.partition, entry, { effects, appendedAtMicros });
      this.#onCommitted(entry, effects);
    }
    seen.commitIndex = until;
  }

  /**
   * By the members of the entry's own place or by those of now: a leader that has just committed
   * may go on to change them in the same event.
   */
  #checkOnMajority(entry: Entry, raft: ObservedReplica['raft']): void {
    const holds = ({ voters, outgoing }: Configuration): boolean =>
      [voters, outgoing].every((group) => group.length === 0 || this.#isOnMajority(entry, group));
    const isCommitted = holds(raft.configuration) || holds(raft.configurationAt(entry.index));
    check(isCommitted, 'what is committed is on a majority of the disks', () => {
      const { voters } = raft.configuration;
      const count = voters.filter((id) => this.#hasDurable(id, entry)).length;
      return `${describe(entry)} of ${this.#name} is on ${count} of ${voters.length}`;
    });
  }

  #isOnMajority(entry: Entry, group: readonly ReplicaId[]): boolean {
    return 2 * group.filter((id) => this.#hasDurable(id, entry)).length > group.length;
  }

  #hasDurable(id: ReplicaId, { index, term }: Entry): boolean {
    const seen = this.#seen.get(nodeOf(id));
    const log = seen?.self === id ? seen.log : this.#formerLogs.get(id);
    return log?.hasDurable(index, term) === true;
  }

  #checkState(nodeId: number, seen: Seen, partition: ObservedReplica): void {
    const index = partition.appliedIndex;
    seen.appliedIndex = index;
    const committed = this.#committed[index - 1];
    check(committed !== undefined, 'state machine safety', () => {
      return `node ${nodeId} has applied ${index} of ${this.#name}, which is not committed`;
    });
    const { base } = partition.keyspace;
    const digest = `${base.stateDigest}/${base.lastToken}`;
    if (committed.digest === '') committed.digest = digest;
    check(committed.digest === digest, 'equal state at equal applied index', () => {
      return `node ${nodeId} has ${digest} at ${index} of ${this.#name}, not ${committed.digest}`;
    });
  }

  get #name(): string {
    return `partition ${this.partition}`;
  }
}

function placeKey(index: number, term: number): number {
  return index * termsPerIndex + term;
}

function describe({ index, term, kind }: Entry): string {
  return `entry ${index} of term ${term} (${kind})`;
}

function isSame(left: Entry, right: Entry): boolean {
  if (left === right) return true;
  return (
    left.timeMs === right.timeMs && left.kind === right.kind && left.payload.equals(right.payload)
  );
}
