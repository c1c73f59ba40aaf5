import type { ClusterPort } from './cluster-port.ts';
import type { Partition } from './partition.ts';

/** Where a partition is led: what is sent there is run in this term, or refused. */
export interface Route {
  readonly nodeId: number;
  readonly term: number;
}

interface Heard {
  /** What a node that refused a request knew, if that was newer than what is known here. */
  route: Route;
  /** The last term whose leader said that it leads no more; it never leads in it again. */
  overTerm: number;
}

/**
 * Who leads which partition: what the replicas of this node know, and what other nodes said when
 * they refused a request.
 */
export class LeaderRoutes {
  readonly #cluster: ClusterPort;
  readonly #heard = new Map<number, Heard>();

  constructor(cluster: ClusterPort) {
    this.#cluster = cluster;
  }

  /** Another node that leads the partition; undefined if none is known. */
  find({ id, raft }: Partition): Route | undefined {
    const heard = this.#heard.get(id);
    let nodeId = this.#cluster.leaderOf(id) ?? 0;
    let term: number = raft.term;
    if (heard !== undefined && heard.route.term > term) ({ nodeId, term } = heard.route);
    if (nodeId === 0 || nodeId === this.#cluster.nodeId) return undefined;
    if (heard !== undefined && term <= heard.overTerm) return undefined;
    return { nodeId, term };
  }

  /** The leader of `overTerm` leads no more; `known` is what it knows instead. */
  noteOver(partition: number, overTerm: number, known?: Route): void {
    const heard = this.#heard.get(partition) ?? { route: { nodeId: 0, term: 0 }, overTerm: 0 };
    heard.overTerm = Math.max(heard.overTerm, overTerm);
    if (known !== undefined && known.term > heard.route.term) heard.route = known;
    this.#heard.set(partition, heard);
  }
}

export function isSameRoute(one: Route | undefined, other: Route | undefined): boolean {
  return one?.nodeId === other?.nodeId && one?.term === other?.term;
}
