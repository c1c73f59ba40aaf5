import { classes } from './classes.ts';
import { electionMutants } from './election-mutants.ts';
import { leaseMutants } from './lease-mutants.ts';
import { logMutants } from './log-mutants.ts';
import { membershipMutants } from './membership-mutants.ts';
import type { Mutant } from './mutant.ts';
import { nodeMutants } from './node-mutants.ts';

export const mutants: readonly Mutant[] = [
  ...electionMutants,
  ...logMutants,
  ...membershipMutants,
  ...leaseMutants,
  ...nodeMutants,
];

/** Those that stand for a class of bugs, in the order of the classes. */
export const classMutants: readonly Mutant[] = classes.flatMap(({ id }) =>
  mutants
    .filter(({ classId }) => classId === id)
    .toSorted((left, right) => (left.name < right.name ? -1 : 1)),
);
