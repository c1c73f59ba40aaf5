import { decodeConfiguration } from '../src/raft/configuration-codec.ts';
import {
  type Configuration,
  type Entry,
  type HardState,
  nodeOf,
  type ReplicaId,
} from '../src/raft/types.ts';
import type { ReplicaLog } from './replica-log.ts';
import { check } from './violation.ts';

interface Change {
  readonly index: number;
  readonly term: number;
  readonly configuration: Configuration;
}

/** A replica that leads, as it shows itself. */
export interface Leading {
  readonly self: ReplicaId;
  readonly term: number;
  readonly configuration: Configuration;
}

/**
 * Watches the members of one group through all its logs: one change at a time (thesis 4.1), each
 * through a joint configuration (4.3); who leads was elected by a majority of those who vote by
 * its own log; and who was removed counts nowhere any more.
 */
export class MemberJudge {
  /** Entries of the committed log that changed the members. */
  changeCount = 0;
  readonly #name: string;
  readonly #founders: Configuration;
  /** Every change that any log ever held, by rising index. */
  readonly #changes: Change[] = [];
  readonly #committed = new Map<number, Change>();
  /** For each term, whom replicas voted for, once that was on their disks. */
  readonly #votes = new Map<number, Map<ReplicaId, ReplicaId>>();
  readonly #removed = new Set<number>();

  constructor(name: string, founders: readonly ReplicaId[]) {
    this.#name = name;
    this.#founders = { voters: founders, outgoing: [], learners: [] };
  }

  /** The operators were told that the node is out. */
  removed(nodeId: number): void {
    this.#removed.add(nodeId);
  }

  /** It is to come in. */
  invited(nodeId: number): void {
    this.#removed.delete(nodeId);
  }

  voted(voter: ReplicaId, { term, votedFor }: HardState): void {
    const votes = this.#votes.get(term) ?? new Map<ReplicaId, ReplicaId>();
    this.#votes.set(term, votes);
    const before = votes.get(voter) ?? votedFor;
    const kept = before === 0 || before === votedFor;
    check(kept, 'one vote a term', () => {
      return `replica ${voter} of ${this.#name} votes for ${before} and ${votedFor} in ${term}`;
    });
    votes.set(voter, votedFor);
  }

  /** An entry of a configuration that no log held before stands in this one now. */
  appended(log: ReplicaLog, { index, term, payload }: Entry): void {
    const configuration = decodeConfiguration(payload);
    const before = this.configurationOf(log, index - 1);
    check(
      followsFrom(before, configuration),
      'members change through a joint configuration',
      () => {
        return `${this.#name} at ${index}: ${describe(before)}, then ${describe(configuration)}`;
      },
    );
    let at = this.#changes.length;
    while (at > 0 && (this.#changes[at - 1]?.index ?? 0) > index) at -= 1;
    this.#changes.splice(at, 0, { index, term, configuration });
  }

  /** A log holds another configuration than when it was looked at last. */
  checkOneChange(log: ReplicaLog, committedIndex: number): void {
    const open = this.#changes.filter(
      ({ index, term }) => index > committedIndex && log.findTerm(index) === term,
    );
    check(open.length <= 1, 'one change of the members at a time', () => {
      const places = open.map(({ index, term }) => `${index}/${term}`).join(', ');
      return `${this.#name} changes its members at ${places}, all not committed`;
    });
  }

  /** Election Safety for members that change: the votes are those of the leader's own log. */
  checkElected(leading: Leading, log: ReplicaLog): void {
    const { self, term } = leading;
    const { voters, outgoing } = this.configurationOf(log, log.lastIndex);
    for (const group of [voters, outgoing]) {
      if (group.length === 0) continue;
      const count = group.filter((id) => this.#votes.get(term)?.get(id) === self).length;
      check(count > group.length / 2, 'who leads has the votes of a majority', () => {
        return `replica ${self} of ${this.#name} has ${count} of ${group.length} in term ${term}`;
      });
    }
    this.checkMembers(leading, log);
  }

  /** A leader that decides what is committed goes by its log, and asks nobody who was removed. */
  checkMembers({ self, configuration }: Leading, log: ReplicaLog): void {
    const known = this.configurationOf(log, log.lastIndex);
    check(isEqual(known, configuration), 'the members are those that the log names', () => {
      return `replica ${self} of ${this.#name}: ${describe(configuration)}, not ${describe(known)}`;
    });
    if (this.#removed.size === 0) return;
    const { voters, outgoing, learners } = configuration;
    for (const id of [...voters, ...outgoing, ...learners]) {
      check(!this.#removed.has(nodeOf(id)), 'a removed node never counts', () => {
        return `replica ${id} in ${this.#name}, led by ${self}: ${describe(configuration)}`;
      });
    }
  }

  /** Who the members are by the log up to `until`. */
  configurationOf(log: ReplicaLog, until: number): Configuration {
    for (let at = this.#changes.length - 1; at >= 0; at -= 1) {
      const change = this.#changes[at];
      if (change === undefined || change.index > until) continue;
      const covered = change.index <= log.baseIndex && change === this.#committed.get(change.index);
      if (covered || log.findTerm(change.index) === change.term) return change.configuration;
    }
    return this.#founders;
  }

  /** The entry is committed. */
  committed({ index, term }: Entry): void {
    const change = this.#changes.find((one) => one.index === index && one.term === term);
    if (change === undefined) return;
    this.#committed.set(index, change);
    this.changeCount += 1;
  }
}

function followsFrom(before: Configuration, next: Configuration): boolean {
  if (before.outgoing.length > 0) return isEqual(next, { ...before, outgoing: [] });
  return same(next.outgoing, same(next.voters, before.voters) ? [] : before.voters);
}

function isEqual(left: Configuration, right: Configuration): boolean {
  return (
    same(left.voters, right.voters) &&
    same(left.outgoing, right.outgoing) &&
    same(left.learners, right.learners)
  );
}

function same(left: readonly ReplicaId[], right: readonly ReplicaId[]): boolean {
  return left.length === right.length && left.every((id) => right.includes(id));
}

function describe({ voters, outgoing, learners }: Configuration): string {
  return `voters ${voters.join()} outgoing ${outgoing.join()} learners ${learners.join()}`;
}
