import { FencepostError } from '../base/errors.ts';
import { refusalCodes } from '../transport/handshake.ts';
import type { ReceivedRefusal } from '../transport/transport-options.ts';
import { judgements } from './peer-judgement.ts';

/** Refusals that trying again does not help against, because of what the cluster has on record. */
const final = new Set<string>([judgements.removed, judgements.replaced]);

/**
 * Refusals that a restart of this node, or the fault of a third node, may cause for a moment. The
 * first of two processes with one id is silent for at most half a second before the second may
 * take its place.
 */
const contested = new Set<string>([
  refusalCodes.nodeIdInUse,
  judgements.sameNode,
  judgements.otherCluster,
  judgements.usedIncarnation,
]);

/** For how long a contested refusal must be repeated before it counts. */
export const refusalPatienceMs = 2_000;

interface Refused {
  readonly code: string;
  readonly sinceMs: number;
}

/**
 * Tells when what peers say means that this node cannot be of the cluster. Only refusals count
 * that are proven: anybody on the network can make up the others.
 */
export class RefusalWatch {
  readonly #refused = new Map<number, Refused>();
  readonly #linked = new Set<number>();

  /** A link to the peer is up: what it said before is settled. */
  linked(nodeId: number): void {
    this.#refused.delete(nodeId);
    this.#linked.add(nodeId);
  }

  unlinked(nodeId: number): void {
    this.#linked.delete(nodeId);
  }

  /** @returns why this node has to end; undefined if it may try again */
  refused(nodeId: number, refusal: ReceivedRefusal, nowMs: number): FencepostError | undefined {
    const { code, proven } = refusal;
    if (!proven) return undefined;
    if (final.has(code)) return refusedBy(nodeId, refusal);
    if (!contested.has(code)) return undefined;
    const before = this.#refused.get(nodeId);
    const sinceMs = before?.code === code ? before.sinceMs : nowMs;
    this.#refused.set(nodeId, { code, sinceMs });
    if (nowMs - sinceMs < refusalPatienceMs) return undefined;
    // Among nodes that disagree, those that have found each other are the cluster.
    if (code === judgements.otherCluster && this.#linked.size > 0) return undefined;
    return refusedBy(nodeId, refusal);
  }
}

export function refusedBy(nodeId: number, { text }: Pick<ReceivedRefusal, 'text'>): FencepostError {
  return new FencepostError('PEER_REFUSED', `node ${nodeId} refuses this node: ${text}`);
}
