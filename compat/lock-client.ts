/*
 * What the shared contract needs of a lock library. One adapter a library says how its own calls
 * look in these words; nothing in an adapter repairs or repeats what the library does.
 */

export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

export interface LockClient {
  readonly name: string;
  /** Of the package that is driven, as installed. */
  readonly version: string;
  /** What the library negotiates when it is left to itself. */
  readonly protocol: 2 | 3;
  /** The library extends what it holds until it is released, and its caller cannot. */
  readonly extendsByItself?: boolean;
  /** Threads of the library race while it connects and closes: see command-listing.ts. */
  readonly racesAtEnds?: boolean;
  /** How the library spells the key of the lock `name`; the name itself if absent. */
  storedKey?(name: string): string;
  /** One connection or pool, as one process of an application would have. */
  open(endpoint: Endpoint): Promise<LockSession>;
}

export interface LockSession {
  /** Exactly one try; undefined when somebody else holds the lock. */
  tryAcquire(name: string, ttlMs: number): Promise<HeldLock | undefined>;
  /** The library's own way to wait for a lock; rejects when `waitMs` was not enough. */
  acquire(name: string, options: WaitOptions): Promise<HeldLock>;
  close(): Promise<void>;
}

export interface WaitOptions {
  readonly ttlMs: number;
  readonly waitMs: number;
}

export interface HeldLock {
  /** False when this holder had lost the lock before. */
  extend(ttlMs: number): Promise<boolean>;
  /** False when this holder had lost the lock before; undefined if the library does not tell. */
  release(): Promise<boolean | undefined>;
}

/** How long a library that polls waits between two tries, wherever it lets us say. */
export const pollMs = 10;

/** The number of tries that fill `waitMs`, for the libraries that count tries. */
export function triesWithin(waitMs: number): number {
  return Math.ceil(waitMs / pollMs);
}

/** A library's rejection means "not yours"; any other error is a failure of the test. */
export async function refusedBy(
  isRefusal: (error: unknown) => boolean,
  attempt: () => Promise<unknown>,
): Promise<boolean> {
  try {
    await attempt();
    return false;
  } catch (error) {
    if (isRefusal(error)) {
      return true;
    }
    throw error;
  }
}
