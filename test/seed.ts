/**
 * The seed of a test that depends on chance: printed first, and taken from `FENCEPOST_SEED`, which
 * repeats a run. What real processes do under one seed still differs from run to run.
 *
 * @param byDefault without it another one each run
 */
export function seedOf(byDefault = Math.floor(Math.random() * 2 ** 31)): number {
  const seed = Number(process.env.FENCEPOST_SEED ?? byDefault);
  console.log(`FENCEPOST_SEED=${seed}`);
  return seed;
}

/** A whole number that the environment may set, for longer runs than the default. */
export function numberFromEnvironment(name: string, fallback: number): number {
  const value = Number(process.env[name] ?? fallback);
  if (!Number.isInteger(value) || value < 1) throw new RangeError(`${name} is not valid`);
  return value;
}
