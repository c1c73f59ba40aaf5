import { Histogram } from './histogram.ts';
import { beginMeasuring, type LoadResult } from './load-result.ts';

/** One client that takes and releases locks, a pair at a time. */
export interface PairClient {
  /** Settles when the lock was taken and released; each of the two is timed on its own. */
  acquire(): Promise<void>;
  release(): Promise<void>;
  close(): Promise<void>;
}

/** What every kind of load over several servers is told. */
export interface PairJob {
  readonly clients: number;
  readonly warmupMs: number;
  readonly measureMs: number;
}

/**
 * Runs clients side by side through warm-up and measurement. A promise for each command costs the
 * load process about a microsecond; what it used in all is in the result.
 */
export async function runPairs(
  { clients, warmupMs, measureMs }: PairJob,
  open: (number: number) => Promise<PairClient>,
): Promise<LoadResult> {
  const opened: PairClient[] = [];
  const latencies = new Histogram();
  let isStopping = false;
  const loop = async (client: PairClient): Promise<void> => {
    while (!isStopping) {
      const startedAtMs = performance.now();
      await client.acquire();
      const heldAtMs = performance.now();
      latencies.add((heldAtMs - startedAtMs) * 1_000);
      await client.release();
      latencies.add((performance.now() - heldAtMs) * 1_000);
    }
  };
  try {
    for (let number = 0; number < clients; number += 1) opened.push(await open(number));
    const loops = Promise.all(opened.map(loop));
    // A client that fails ends the measurement at once.
    await Promise.race([loops, passed(warmupMs)]);
    const endMeasuring = beginMeasuring(latencies);
    await Promise.race([loops, passed(measureMs)]);
    const result = endMeasuring();
    isStopping = true;
    await loops;
    return result;
  } finally {
    isStopping = true;
    for (const client of opened) await client.close();
  }
}

async function passed(ms: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, ms));
}

/** Names run through this many for each client, as in the load of one server. */
const nameCount = 1_000;

/** A lock's name and owner for each pair of a client, never in use by anybody else. */
export class PairNames {
  readonly #client: number;
  #count = 0;

  constructor(client: number) {
    this.#client = client;
  }

  next(): { readonly key: string; readonly owner: string } {
    this.#count += 1;
    const lane = String(this.#client).padStart(4, '0');
    const number = String(this.#count % nameCount).padStart(3, '0');
    const owner = `owner-${lane}-${String(this.#count).padStart(10, '0')}`;
    return { key: `bench:${lane}-00:${number}`, owner };
  }
}
