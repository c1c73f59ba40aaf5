import { FencepostError } from '../base/errors.ts';
import { refusalCodes } from '../transport/handshake.ts';
import type { ReceivedRefusal } from '../transport/transport-options.ts';
import { judgements } from './peer-judgement.ts';

/**
 * What the cluster has on record against this node. A peer that lags may speak of a record of
 * before: who was removed may have been added again since.
 */
const onRecord = new Set<string>([judgements.removed, judgements.replaced]);

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

/** For how long a refusal must be repeated before it counts. */
export const refusalPatienceMs = 2_000;

interface Refused {
  readonly code: string;
  readonly sinceMs: number;
  readonly lastMs: number;
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
    if (!onRecord.has(code) && !contested.has(code)) return undefined;
    const before = this.#refused.get(nodeId);
    const sinceMs = before?.code === code ? before.sinceMs : nowMs;
    this.#refused.set(nodeId, { code, sinceMs, lastMs: nowMs });
    if (onRecord.has(code) && this.#agreeingCount(nowMs) > 1) return refusedBy(nodeId, refusal);
    if (nowMs - sinceMs < refusalPatienceMs) return undefined;
    // Among nodes that disagree, those that have found each other are the cluster.
    if (code !== judgements.otherCluster && !onRecord.has(code)) return refusedBy(nodeId, refusal);
    return this.#linked.size > 0 ? undefined : refusedBy(nodeId, refusal);
  }

  /** How many peers have said lately that the record is against this node. */
  #agreeingCount(nowMs: number): number {
    const isRecent = ({ code, lastMs }: Refused): boolean =>
      onRecord.has(code) && nowMs - lastMs <= 2 * refusalPatienceMs;
    return [...this.#refused.values()].filter(isRecent).length;
  }
}

export function refusedBy(nodeId: number, { text }: Pick<ReceivedRefusal, 'text'>): FencepostError {
  return new FencepostError('PEER_REFUSED', `node ${nodeId} refuses this node: ${text}`);
}
