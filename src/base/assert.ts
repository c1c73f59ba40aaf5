/**
 * Broken invariants. A failed assertion is never caught and stays on in production: the process
 * logs it and exits, because a lock server that continues from a state it did not expect may
 * grant one lease twice.
 */

/** An invariant of Fencepost does not hold. Never thrown for bad input or a failing disk. */
export class AssertionError extends Error {
  override readonly name = 'AssertionError';
}

/**
 * Promises that `condition` holds from here on.
 *
 * @param condition what must be true
 * @param message what is broken, as a sentence; built by the caller only from cheap parts
 * @throws AssertionError
 */
export function assert(condition: boolean, message: string): asserts condition {
  if (!condition) throw new AssertionError(message);
}

/** Ends a `switch` over a closed union: a new member becomes a compile error here. */
export function assertNever(value: never): never {
  throw new AssertionError(`unexpected value: ${JSON.stringify(value)}`);
}
