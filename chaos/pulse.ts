import { Connection } from '../harness/connection.ts';
import { elapse, monotonicMs } from '../harness/elapse.ts';
import type { Disturbance } from './disturbance.ts';
import type { NodePlace } from './network.ts';
import { keysOfPartitions } from './recovery.ts';

const pollMs = 150;
const connectMs = 300;
/** Longer than a node without a leader makes anybody wait. */
const replyMsMax = 6_000;

/**
 * Asks for every partition at every node, each on a connection of its own, so that a node that
 * cannot reach one leader delays no question about another. A read takes a leader and a quorum as
 * a grant does; so the times of the replies show when a partition was served, by whatever node.
 */
export class Pulse {
  readonly #partitionCount: number;
  /** When a read of each partition was answered. */
  readonly #answeredAtMs: readonly number[][];
  readonly #loops: readonly Promise<void>[];
  #stopping = false;

  constructor(places: readonly NodePlace[], partitionCount: number) {
    this.#partitionCount = partitionCount;
    const keys = keysOfPartitions('pulse', partitionCount);
    this.#answeredAtMs = keys.map(() => []);
    this.#loops = keys.flatMap((key, at) => places.map((place) => this.#loop(place, key, at)));
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    await Promise.all(this.#loops);
  }

  /** For each partition the longest time in which nobody served it, wholly or partly inside. */
  longestGapsMs({ fromMs, toMs }: Disturbance): readonly number[] {
    return Array.from({ length: this.#partitionCount }, (_, at) => {
      const inside = (this.#answeredAtMs[at] ?? []).filter((ms) => ms > fromMs && ms < toMs);
      return longestStepMs([fromMs, ...inside.sort((a, b) => a - b), toMs]);
    });
  }

  async #loop(place: NodePlace, key: string, at: number): Promise<void> {
    let connection: Connection | undefined;
    while (!this.#stopping) {
      if (connection?.isOpen !== true) connection = await Connection.tryOpen(place, connectMs);
      const reply = await connection?.ask(['KGET', key], replyMsMax).catch(() => undefined);
      if (reply === null) this.#answeredAtMs[at]?.push(monotonicMs());
      await elapse(pollMs);
    }
    connection?.close();
  }
}

export function longestStepMs(timesMs: readonly number[]): number {
  return timesMs.reduce(
    (longestMs, ms, place) => Math.max(longestMs, ms - (timesMs[place - 1] ?? ms)),
    0,
  );
}
