/** An invariant of the product does not hold in a simulated world. */
export class Violation extends Error {
  override readonly name = 'Violation';
  /** Which invariant, in a few words that stay the same from run to run. */
  readonly invariant: string;

  constructor(invariant: string, details: string) {
    super(`${invariant}: ${details}`);
    this.invariant = invariant;
  }
}

/** @param details built by the caller only from cheap parts: most checks pass */
export function check(
  condition: boolean,
  invariant: string,
  details: () => string,
): asserts condition {
  if (!condition) throw new Violation(invariant, details());
}
