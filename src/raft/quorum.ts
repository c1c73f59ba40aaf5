import { assert } from '../base/assert.ts';
import { isJoint } from './configuration.ts';
import type { Configuration, ReplicaId } from './types.ts';

/** How many of `voterCount` voters are a majority. */
export function majorityOf(voterCount: number): number {
  assert(voterCount > 0, 'a group has a voter');
  return Math.floor(voterCount / 2) + 1;
}

/**
 * The highest value that a majority of the voters has reached; while the configuration is joint,
 * a majority of the old and one of the new voters (thesis 4.3). Learners are not asked (4.2.1),
 * and neither is a leader that is no voter of its own group (4.2.2).
 */
export function quorumValue(
  configuration: Configuration,
  valueIn: (voter: ReplicaId) => number,
): number {
  const value = majorityValue(configuration.voters, valueIn);
  if (!isJoint(configuration)) return value;
  return Math.min(value, majorityValue(configuration.outgoing, valueIn));
}

function majorityValue(
  voters: readonly ReplicaId[],
  valueIn: (voter: ReplicaId) => number,
): number {
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

  /** An answer of somebody who is no voter is kept, but counts nothing. */
  record(voter: ReplicaId, granted: boolean): void {
    if (!this.#answers.has(voter)) this.#answers.set(voter, granted);
  }

  /** While the configuration is joint, both majorities must be won (thesis 4.3). */
  get result(): ElectionResult {
    const { voters, outgoing } = this.#configuration;
    const result = this.#resultAmong(voters);
    if (outgoing.length === 0) return result;
    const older = this.#resultAmong(outgoing);
    if (result === 'lost' || older === 'lost') return 'lost';
    return result === 'won' ? older : result;
  }

  #resultAmong(voters: readonly ReplicaId[]): ElectionResult {
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
