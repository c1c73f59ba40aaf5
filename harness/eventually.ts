import { elapse, monotonicMs } from './elapse.ts';

const pollMs = 25;

/**
 * What `look` finds, as soon as it finds something.
 *
 * @param what for the failure if it never does
 */
export async function eventually<T>(
  what: string,
  msMax: number,
  look: () => Promise<T | undefined> | T | undefined,
): Promise<T> {
  const deadlineMs = monotonicMs() + msMax;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (monotonicMs() > deadlineMs) throw new Error(`${what} within ${msMax} ms`);
    await elapse(pollMs);
  }
}
