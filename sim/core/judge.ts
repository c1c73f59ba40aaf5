import { decodeConfiguration } from '../../src/raft/configuration-codec.ts';
import type { Output } from '../../src/raft/output.ts';
import type { Raft } from '../../src/raft/raft.ts';
import type {
  Configuration,
  Entry,
  Index,
  ReplicaId,
  SnapshotPlace,
  Term,
} from '../../src/raft/types.ts';
import type { Cluster, ClusterObserver, Node } from './cluster.ts';

/** What a run did; one without some of it proves nothing. */
export interface RunCounts {
  leaders: number;
  committed: number;
  reads: number;
  cuts: number;
  crashes: number;
  compactions: number;
  snapshots: number;
  changes: number;
  transfers: number;
  silences: number;
}

export function noCounts(): RunCounts {
  return {
    leaders: 0,
    committed: 0,
    reads: 0,
    cuts: 0,
    crashes: 0,
    compactions: 0,
    snapshots: 0,
    changes: 0,
    transfers: 0,
    silences: 0,
  };
}

/** A property of Figure 3.2 does not hold. */
export class Violation extends Error {
  override readonly name = 'Violation';
}

function check(condition: boolean, message: string): asserts condition {
  if (!condition) throw new Violation(message);
}

/** The place of an entry: its index and its term, which by Log Matching name one entry. */
interface KnownEntry {
  readonly entry: Entry;
  readonly previousTerm: Term | undefined;
}

interface CommittedEntry {
  readonly entry: Entry;
  /** The term of the replica that was first to know that it is committed. */
  readonly inTerm: Term;
}

/**
 * Watches a cluster from outside, with the knowledge of all replicas: the five properties of
 * Figure 3.2, that what is committed is on a majority of the disks, and that reads are
 * linearizable. It uses nothing of the core but roles, indexes and outputs.
 */
export class Judge implements ClusterObserver {
  readonly counts: RunCounts = noCounts();
  cluster: Cluster | undefined;
  readonly #leaderByTerm = new Map<Term, ReplicaId>();
  readonly #entryByPlace = new Map<string, KnownEntry>();
  readonly #committed: CommittedEntry[] = [];
  /** The configurations among what is committed, rising. */
  readonly #changes: { index: Index; configuration: Configuration }[] = [];
  readonly #silent = new WeakSet<Node>();
  readonly #lastEntryIndex = new Map<string, Index>();
  readonly #checkedUpTo = new WeakMap<Node, number>();
  /** Node and round to the commit index that the whole cluster had when the read was asked. */
  readonly #readFloors = new Map<string, number>();

  /** How many entries are known to be committed, anywhere. */
  get committedCount(): number {
    return this.#committed.length;
  }

  /** The members as of `index`, from the log alone; undefined before the first change. */
  configurationAt(index: number): Configuration | undefined {
    const change = this.#changes.findLast((one) => one.index <= index);
    return change?.configuration ?? this.cluster?.configuration;
  }

  /** A read was asked: it must see everything that is committed anywhere by now. */
  readAsked(node: Node, id: number): void {
    this.#readFloors.set(readKey(node, id), this.#committed.length);
  }

  output(node: Node, output: Output): void {
    const [first] = output.entries;
    const life = `${node.id}/${node.restartCount}`;
    const lastKnown = this.#lastEntryIndex.get(life) ?? 0;
    if (first !== undefined && first.index <= lastKnown) this.counts.cuts += 1;
    const last = output.entries.at(-1);
    if (last !== undefined) this.#lastEntryIndex.set(life, last.index);
    if (first !== undefined) this.#checkLogMatching(node, first.index);
    for (const { id, index } of output.reads) {
      const floor = this.#readFloors.get(readKey(node, id));
      check(floor !== undefined, `node ${node.id} confirms a read ${id} that nobody asked`);
      check(index >= floor, `a read at ${index} misses what was committed up to ${floor}`);
      this.counts.reads += 1;
    }
    this.#learnCommitted(node);
    if (output.snapshot !== undefined) this.#checkSnapshot(output.snapshot);
    for (const entry of output.committed) {
      const known = this.#committed[entry.index - 1];
      check(known !== undefined, `node ${node.id} applies ${entry.index}, not committed`);
      check(isSame(known.entry, entry), 'state machines differ');
    }
  }

  settled(node: Node): void {
    if (node.raft === undefined || this.cluster === undefined) return;
    this.#learnCommitted(node);
    this.#checkDurable(node);
    this.#checkMembers(node.raft);
    if (node.raft.role === 'leader') this.#checkLeader(node, node.raft.term);
    this.#checkSilence(this.cluster, node, node.raft);
  }

  /** Who falls silent leaves nothing undone: only another input could go on with it. */
  #checkSilence(cluster: Cluster, node: Node, raft: Raft): void {
    if (!raft.quiesced) this.#silent.delete(node);
    if (!raft.quiesced || this.#silent.has(node)) return;
    this.#silent.add(node);
    this.counts.silences += 1;
    check(raft.commitIndex === raft.lastIndex, `${node.id} is silent, but not all is committed`);
    if (raft.role !== 'leader') return;
    const { voters, learners } = raft.configuration;
    for (const { id, disk } of cluster.nodes) {
      if (!voters.includes(id) && !learners.includes(id)) continue;
      const last = disk.entries.at(-1) ?? disk.base;
      check(last.index >= raft.lastIndex, `${node.id} is silent, but ${id} lacks entries`);
    }
  }

  /** A state that takes the place of another one is a committed one, with its members. */
  #checkSnapshot({ index, term, configuration }: SnapshotPlace): void {
    const known = this.#committed[index - 1];
    check(known?.entry.term === term, `a state at ${index} of term ${term} is not committed`);
    const expected = this.configurationAt(index);
    check(isSameMembers(expected, configuration), `a state at ${index} has other members`);
    this.counts.snapshots += 1;
  }

  /** Thesis 4.1: the members follow from the log; and 4.2.2: who was left out does not lead on. */
  #checkMembers(raft: Raft): void {
    const expected = this.configurationAt(raft.commitIndex);
    const own = raft.configurationAt(raft.commitIndex);
    // A spare node knows nobody until a change reaches it.
    if (own.voters.length > 0) {
      check(isSameMembers(expected, own), `replica ${raft.self} has other members`);
    }
    if (!raft.leaderReady || raft.changing) return;
    check(own.voters.includes(raft.self), `${raft.self} leads a group that it is not in`);
  }

  /** Election Safety and Leader Completeness. */
  #checkLeader(node: Node, term: Term): void {
    const leader = this.#leaderByTerm.get(term);
    check(leader === undefined || leader === node.id, `term ${term} has two leaders`);
    if (leader !== undefined) return;
    this.#leaderByTerm.set(term, node.id);
    this.counts.leaders += 1;
    for (const { entry, inTerm } of this.#committed) {
      if (inTerm >= term || entry.index <= node.disk.base.index) continue;
      const own = findEntry(node.log, entry.index);
      check(own?.term === entry.term, `leader ${node.id} lacks the committed ${entry.index}`);
    }
  }

  /** Log Matching: one entry a place, with one predecessor. */
  #checkLogMatching(node: Node, from: Index): void {
    for (const entry of node.log) {
      if (entry.index < from) continue;
      const { base } = node.disk;
      const previous = findEntry(node.log, entry.index - 1);
      const previousTerm =
        previous?.term ?? (entry.index === base.index + 1 ? base.term : undefined);
      const key = `${entry.index}/${entry.term}`;
      const known = this.#entryByPlace.get(key);
      if (known === undefined) {
        this.#entryByPlace.set(key, { entry, previousTerm });
        continue;
      }
      check(isSame(known.entry, entry), `two entries at ${key}`);
      if (known.previousTerm === undefined || previousTerm === undefined) continue;
      check(known.previousTerm === previousTerm, `two predecessors of ${key}`);
    }
  }

  /** State Machine Safety, and that a majority of the disks has what is committed. */
  #learnCommitted(node: Node): void {
    const { raft } = node;
    if (raft === undefined || this.cluster === undefined) return;
    const learned = Math.max(node.disk.base.index, this.#checkedUpTo.get(node) ?? 0);
    if (raft.role === 'leader' && raft.commitIndex > this.#committed.length) {
      // Thesis 3.6.2: an older entry is committed with one of the own term, never by itself.
      const last = findEntry(node.log, raft.commitIndex);
      check(last?.term === raft.term, `node ${node.id} counts an entry of term ${last?.term}`);
    }
    for (let index = learned + 1; index <= raft.commitIndex; index += 1) {
      const entry = findEntry(node.log, index);
      check(entry !== undefined, `node ${node.id} commits ${index} without having it`);
      const known = this.#committed[index - 1];
      if (known !== undefined) {
        check(isSame(known.entry, entry), `nodes commit different entries at ${index}`);
        continue;
      }
      check(index === this.#committed.length + 1, 'entries are committed without a gap');
      this.#checkOnMajorities(this.cluster, raft.configuration, entry);
      if (entry.kind === 'configuration') {
        const configuration = decodeConfiguration(entry.payload);
        this.#checkChange(configuration);
        this.#changes.push({ index: entry.index, configuration });
        this.counts.changes += 1;
      }
      this.#committed.push({ entry, inTerm: raft.term });
      this.counts.committed += 1;
    }
    this.#checkedUpTo.set(node, raft.commitIndex);
  }

  /** Thesis 4.3: voters change by way of a configuration that knows the old and the new ones. */
  #checkChange({ voters, outgoing }: Configuration): void {
    const before = this.configurationAt(this.#committed.length);
    if (before === undefined) return;
    const isLegal =
      before.outgoing.length > 0
        ? outgoing.length === 0 && isSameIds(voters, before.voters)
        : isSameIds(outgoing.length > 0 ? outgoing : voters, before.voters);
    check(isLegal, `voters ${before.voters} become ${voters} at once`);
  }

  #checkOnMajorities(cluster: Cluster, configuration: Configuration, entry: Entry): void {
    this.#checkOnMajority(cluster, configuration.voters, entry);
    const { outgoing } = configuration;
    if (outgoing.length > 0) this.#checkOnMajority(cluster, outgoing, entry);
  }

  #checkOnMajority(cluster: Cluster, voters: readonly ReplicaId[], entry: Entry): void {
    let count = 0;
    for (const { id, disk } of cluster.nodes) {
      if (!voters.includes(id)) continue;
      const own = findEntry(disk.entries, entry.index);
      if (disk.base.index >= entry.index || own?.term === entry.term) count += 1;
    }
    check(
      // Not the core's own majority: a mutant of that must not judge itself.
      count * 2 > voters.length,
      `entry ${entry.index} of term ${entry.term} is committed with ${count} disks`,
    );
  }

  /** A node never believes more of its log to be on disk than is. */
  #checkDurable(node: Node): void {
    const { raft, disk, log } = node;
    if (raft === undefined) return;
    for (const entry of log) {
      if (entry.index > raft.durableIndex) return;
      const stored = findEntry(disk.entries, entry.index);
      check(
        stored?.term === entry.term,
        `node ${node.id} takes ${entry.index} of term ${entry.term} for durable`,
      );
    }
  }
}

function readKey(node: Node, id: number): string {
  return `${node.id}/${node.restartCount}/${id}`;
}

/** `log` holds consecutive entries. */
function findEntry(log: readonly Entry[], index: number): Entry | undefined {
  const [first] = log;
  return first === undefined ? undefined : log[index - first.index];
}

function isSame(left: Entry, right: Entry): boolean {
  if (left === right) return true;
  return (
    left.index === right.index &&
    left.term === right.term &&
    left.timeMs === right.timeMs &&
    left.kind === right.kind &&
    left.payload.equals(right.payload)
  );
}

function isSameIds(left: readonly ReplicaId[], right: readonly ReplicaId[]): boolean {
  return left.join() === right.join();
}

function isSameMembers(left: Configuration | undefined, right: Configuration): boolean {
  return (
    left !== undefined &&
    isSameIds(left.voters, right.voters) &&
    isSameIds(left.outgoing, right.outgoing) &&
    isSameIds(left.learners, right.learners)
  );
}
