/** Counts steps of a script, and throws to stop it if they are too many; see `Machine.step`. */
export interface Meter {
  step(count: number): void;
}
