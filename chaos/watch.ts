import { elapse } from '../harness/elapse.ts';
import { askRaftInfo } from '../harness/raft-info.ts';
import type { Cluster } from './cluster.ts';
import type { LeadershipBook } from './leadership-book.ts';

const answerMsMax = 400;
const pollMs = 250;

/** Asks every node again and again who leads what, until it is stopped. */
export class LeadershipWatch {
  readonly #cluster: Cluster;
  readonly #book: LeadershipBook;
  #stopping = false;
  #running: Promise<void> = Promise.resolve();

  constructor(cluster: Cluster, book: LeadershipBook) {
    this.#cluster = cluster;
    this.#book = book;
  }

  start(): void {
    this.#running = this.#run();
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    await this.#running;
  }

  async look(): Promise<void> {
    const asked = this.#cluster.places.map(async (place) => {
      const replicas = await askRaftInfo(place, answerMsMax);
      if (replicas !== undefined) this.#book.note(place.nodeId, replicas);
    });
    await Promise.all(asked);
  }

  /** The node that leads the most partitions, or the first if nothing is known yet. */
  busiestLeader(): number {
    const counts = new Map<number, number>();
    for (const leader of this.#book.leaders.values()) {
      counts.set(leader, (counts.get(leader) ?? 0) + 1);
    }
    const [busiest] = [...counts].sort(([, a], [, b]) => b - a);
    return busiest?.[0] ?? this.#cluster.nodeIds[0] ?? 1;
  }

  async #run(): Promise<void> {
    while (!this.#stopping) {
      await this.look();
      await elapse(pollMs);
    }
  }
}
