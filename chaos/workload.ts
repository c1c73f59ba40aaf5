import type { HistoryEvent } from '../checker/history.ts';
import { Connection } from '../harness/connection.ts';
import { perform } from '../harness/lease-commands.ts';
import type { Prng } from '../src/base/prng.ts';
import { KeyPool } from './key-pool.ts';
import { Lane } from './lane.ts';
import type { NodePlace } from './network.ts';

export interface WorkloadOptions {
  readonly places: readonly NodePlace[];
  readonly prng: Prng;
  /** Makes keys and owners different from those of every other workload. */
  readonly name: string;
  readonly lanes: number;
  readonly wasStoppedSince: (nodeId: number, sinceMs: number) => boolean;
}

/** Clients at all nodes for one round, and what they saw. */
export class Workload {
  readonly events: HistoryEvent[] = [];
  readonly violations: string[] = [];
  readonly #keys: KeyPool;
  readonly #lanes: readonly Lane[];
  #running: readonly Promise<void>[] = [];
  #refusals = 0;

  constructor({ places, prng, name, lanes, wasStoppedSince }: WorkloadOptions) {
    this.#keys = new KeyPool(name);
    const around = {
      places,
      prng,
      keys: this.#keys,
      name,
      wasStoppedSince,
      note: (event: HistoryEvent) => void this.events.push(event),
      noteRefusal: () => {
        this.#refusals += 1;
      },
      noteViolation: (sentence: string) => void this.violations.push(sentence),
    };
    this.#lanes = Array.from({ length: lanes }, (_, number) => new Lane(number, around));
  }

  get keys(): readonly string[] {
    return this.#keys.used;
  }

  /** Commands that were refused because there was no quorum, and were not executed. */
  get refusals(): number {
    return this.#refusals;
  }

  start(): void {
    this.#running = this.#lanes.map((lane) => lane.run());
  }

  /** Lets every operation that is under way end. */
  async stop(): Promise<void> {
    for (const lane of this.#lanes) lane.stop();
    await Promise.all(this.#running);
  }
}

const readMsMax = 15_000;

/**
 * Asks one node who holds each key.
 *
 * @throws Error if it does not answer every question
 */
export async function readKeys(
  place: NodePlace,
  keys: readonly string[],
): Promise<readonly HistoryEvent[]> {
  const connection = await Connection.tryOpen(place, readMsMax);
  if (connection === undefined) throw new Error(`node ${place.nodeId} takes no connection`);
  try {
    const reads = keys.map((key) => perform(connection, { kind: 'read', key }, readMsMax));
    return await Promise.all(reads);
  } finally {
    connection.close();
  }
}
