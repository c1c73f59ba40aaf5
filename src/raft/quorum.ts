import { assert } from '../base/assert.ts';
import type { Configuration, ReplicaId } from './types.ts';

/** How many of `voterCount` voters are a majority. */
export function majorityOf(voterCount: number): number {
  assert(voterCount > 0, 'a group has a voter');
  return Math.floor(voterCount / 2) + 1;
}

/**
 * The highest value that a majority of the voters has reached. Learners are not asked (thesis
 * 4.2.1), and neither is a leader that is no voter of its own group (4.2.2).
 */
export function quorumValue(
  configuration: Configuration,
  valueIn: (voter: ReplicaId) => number,
): number {
  const { voters } = configuration;
  const [only] = voters;
  if (voters.length === 1 && only !== undefined) return valueIn(only);
  const values = voters.map(valueIn).sort((left, right) => right - left);
  const value = values[majorityOf(voters.length) - 1];
  assert(value !== undefined, 'a majority is not more than all');
  return value;
}

export type ElectionResult = 'won' | 'lost' | 'open';

/** The answers of one election (thesis 3.4); a voter's first answer stays. */
export class Votes {
  readonly #configuration: Configuration;
  readonly #answers = new Map<ReplicaId, boolean>();

  constructor(configuration: Configuration) {
    this.#configuration = configuration;
  }

  record(voter: ReplicaId, granted: boolean): void {
    if (!this.#answers.has(voter)) this.#answers.set(voter, granted);
  }

  get result(): ElectionResult {
    const { voters } = this.#configuration;
    const needed = majorityOf(voters.length);
    let granted = 0;
    let refused = 0;
    for (const voter of voters) {
      const answer = this.#answers.get(voter);
      if (answer === true) granted += 1;
      if (answer === false) refused += 1;
    }
    assert(granted + refused <= voters.length, 'a voter answers once');
    if (granted >= needed) return 'won';
    return refused > voters.length - needed ? 'lost' : 'open';
  }
}

/** Everybody but `self`, voters and learners, in rising order: the order of messages. */
export function othersOf(configuration: Configuration, self: ReplicaId): readonly ReplicaId[] {
  return [...configuration.voters, ...configuration.learners]
    .filter((id) => id !== self)
    .sort((left, right) => left - right);
}

/** A configuration that this core can run: no replica twice, and no joint one. */
export function checkConfiguration(configuration: Configuration): void {
  const all = [...configuration.voters, ...configuration.learners];
  assert(configuration.voters.length > 0, 'a group has a voter');
  assert(new Set(all).size === all.length, 'a replica stands once in a configuration');
  assert(configuration.outgoing.length === 0, 'a joint configuration is not supported');
}
