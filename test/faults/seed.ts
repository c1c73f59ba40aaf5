import { Prng } from '../../src/base/prng.ts';

/**
 * The chance of a fault test: another one each run, printed so that it can be repeated with
 * `FENCEPOST_SEED`. What real processes do under one seed still differs from run to run.
 */
export function seededPrng(test: string): Prng {
  const seed = Number(process.env.FENCEPOST_SEED ?? Math.floor(Math.random() * 2 ** 32));
  process.stderr.write(`${test}: FENCEPOST_SEED=${seed}\n`);
  return new Prng(seed);
}

/** A whole number that the environment may set, for longer runs than the default. */
export function numberFromEnvironment(name: string, fallback: number): number {
  const value = Number(process.env[name] ?? fallback);
  if (!Number.isInteger(value) || value < 1) throw new RangeError(`${name} is not valid`);
  return value;
}
