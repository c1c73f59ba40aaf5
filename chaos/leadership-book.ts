import type { ReplicaInfo } from '../harness/raft-info.ts';

/**
 * Who led which partition, as its nodes told: how often leadership moved, and whether two nodes
 * ever led one term (thesis 3.2, election safety).
 */
export class LeadershipBook {
  /** The node that led each partition and term. */
  readonly #leaders = new Map<string, number>();
  readonly #latest = new Map<number, { readonly term: number; readonly leader: number }>();
  readonly #violations: string[] = [];
  #moves = 0;

  get violations(): readonly string[] {
    return this.#violations;
  }

  /** How often a partition was seen under another leader than before. */
  get moves(): number {
    return this.#moves;
  }

  /** Which node leads each partition, by the latest term that was seen. */
  get leaders(): ReadonlyMap<number, number> {
    return new Map([...this.#latest].map(([partition, { leader }]) => [partition, leader]));
  }

  note(nodeId: number, replicas: readonly ReplicaInfo[]): void {
    for (const { partition, role, term } of replicas) {
      if (role === 'leader') this.#noteLeader({ partition, term, leader: nodeId });
    }
  }

  #noteLeader({
    partition,
    term,
    leader,
  }: {
    readonly partition: number;
    readonly term: number;
    readonly leader: number;
  }): void {
    const name = `${partition}/${term}`;
    const known = this.#leaders.get(name);
    if (known !== undefined && known !== leader) {
      this.#violations.push(`partition ${partition}: ${known} and ${leader} led term ${term}`);
    }
    this.#leaders.set(name, leader);
    const latest = this.#latest.get(partition);
    if (latest !== undefined && latest.term >= term) return;
    if (latest !== undefined && latest.leader !== leader) this.#moves += 1;
    this.#latest.set(partition, { term, leader });
  }
}
