import { assert } from '../base/assert.ts';
import { decodeConfiguration } from './configuration-codec.ts';
import { type Configuration, type Entry, type Index, NOBODY, type ReplicaId } from './types.ts';

/** What a replica has that nobody told who the members are: it waits. */
export const noMembers: Configuration = Object.freeze({
  voters: Object.freeze([]),
  outgoing: Object.freeze([]),
  learners: Object.freeze([]),
});

/** While both the old and the new voters have to agree (thesis 4.3). */
export function isJoint(configuration: Configuration): boolean {
  return configuration.outgoing.length > 0;
}

/** Whether `id` votes: in the voters to come, or in those that are being left. */
export function isVoterIn({ voters, outgoing }: Configuration, id: ReplicaId): boolean {
  return voters.includes(id) || outgoing.includes(id);
}

/** Everybody but `self`, in rising order: the order of messages. */
export function othersOf(configuration: Configuration, self: ReplicaId): readonly ReplicaId[] {
  const { voters, outgoing, learners } = configuration;
  const ids = new Set([...voters, ...outgoing, ...learners]);
  ids.delete(self);
  return [...ids].sort((left, right) => left - right);
}

/** Why no group can run the configuration; undefined if one can. */
export function findConfigurationFault(configuration: Configuration): string | undefined {
  const { voters, outgoing, learners } = configuration;
  const members = [...voters, ...learners];
  if (voters.length === 0 && members.length + outgoing.length > 0) return 'nobody votes';
  if (new Set(members).size < members.length) return 'a replica stands twice';
  if (new Set(outgoing).size < outgoing.length) return 'a replica is left twice';
  return [...members, ...outgoing].includes(NOBODY) ? 'a member is nobody' : undefined;
}

/** A configuration that a group can run. */
export function checkConfiguration(configuration: Configuration): void {
  const fault = findConfigurationFault(configuration);
  assert(fault === undefined, `no group has a configuration in which ${fault}`);
}

interface Change {
  readonly index: Index;
  readonly configuration: Configuration;
}

/**
 * The configurations that the log contains. "A server always uses the latest configuration in its
 * log, regardless of whether the entry is committed" (thesis 4.1); so one that is cut off again
 * gives way to the one before it, and the one in force where the log begins is remembered.
 */
export class ConfigurationHistory {
  /** Rising; the first one is in force where the log begins. */
  #changes: Change[];

  constructor(base: Change, entries: readonly Entry[]) {
    checkConfiguration(base.configuration);
    this.#changes = [base];
    for (const entry of entries) this.maybeAppend(entry);
  }

  get latest(): Configuration {
    return this.#latestChange.configuration;
  }

  /** The index of the entry that holds the latest one, or where the log begins. */
  get latestIndex(): Index {
    return this.#latestChange.index;
  }

  /** The configuration that the log up to `index` leads to. */
  at(index: Index): Configuration {
    const change = this.#changes.findLast((one) => one.index <= index) ?? this.#changes[0];
    assert(change !== undefined, 'a log begins with a configuration');
    return change.configuration;
  }

  /** The one in force at `index`, and all that follow it. */
  from(index: Index): readonly Configuration[] {
    const first = this.at(index);
    const later = this.#changes.filter((one) => one.index > index);
    return [first, ...later.map((one) => one.configuration)];
  }

  /** `entry` was appended to the log; in force at once if it is a configuration. */
  maybeAppend(entry: Entry): void {
    if (entry.kind !== 'configuration') return;
    assert(entry.index > this.latestIndex, 'configurations follow each other');
    const configuration = decodeConfiguration(entry.payload);
    checkConfiguration(configuration);
    this.#changes.push({ index: entry.index, configuration });
  }

  /** The log was cut from `index` on. */
  truncateFrom(index: Index): void {
    this.#changes = this.#changes.filter((one, at) => at === 0 || one.index < index);
  }

  /** The log begins after `index` now. */
  compact(index: Index): void {
    const configuration = this.at(index);
    const later = this.#changes.filter((one) => one.index > index);
    this.#changes = [{ index, configuration }, ...later];
  }

  /** A snapshot took the place of the log. */
  restart(base: Change): void {
    checkConfiguration(base.configuration);
    this.#changes = [base];
  }

  get #latestChange(): Change {
    const change = this.#changes.at(-1);
    assert(change !== undefined, 'a log begins with a configuration');
    return change;
  }
}
