import { electionMutants } from './election-mutants.ts';
import { leaseMutants } from './lease-mutants.ts';
import { logMutants } from './log-mutants.ts';
import { membershipMutants } from './membership-mutants.ts';
import type { Mutant } from './mutant.ts';
import { nodeMutants } from './node-mutants.ts';

const unordered = [
  ...electionMutants,
  ...logMutants,
  ...membershipMutants,
  ...leaseMutants,
  ...nodeMutants,
];

/** `B4` or `B4a`: 4. */
const numberOf = ({ name }: Mutant): number => Number.parseInt(name.slice(1), 10);

/** Every mutant, in the order of `classes.ts`. */
export const mutants: readonly Mutant[] = unordered.toSorted(
  (left, right) => numberOf(left) - numberOf(right) || (left.name < right.name ? -1 : 1),
);
