import { limits } from '../base/limits.ts';
import type { Partition } from '../partition/partition.ts';
import type { PeerHello } from '../transport/peer-hello.ts';
import type { Refusal } from '../transport/transport-options.ts';
import { type Claim, findClaim, grantClaim } from './claim.ts';
import type { ControlMessage } from './control-message.ts';
import { membersOf } from './members.ts';
import { judgements } from './peer-judgement.ts';

export interface ClaimsOptions {
  readonly meta: Partition;
  readonly isAlive: (nodeId: number) => boolean;
  /** Sends a wish to the leader of the meta group. */
  readonly pass: (wish: ControlMessage) => void;
  /** Something was proposed. */
  readonly onProgress: () => void;
}

/**
 * The claims of nodes without data on their way through this node. They come with the hello of a
 * link and are acted on in the next turn; one that is lost comes again with the next hello.
 */
export class Claims {
  readonly #options: ClaimsOptions;
  readonly #waiting = new Map<number, Claim>();

  constructor(options: ClaimsOptions) {
    this.#options = options;
  }

  /** A node was told what it has to wait for. */
  told(hello: PeerHello, refusal: Refusal): void {
    const claim = findClaim(hello);
    if (claim === undefined || refusal.code !== judgements.notGranted) return;
    const { nodeId, incarnation } = hello;
    if (!this.#waiting.has(nodeId) && this.#waiting.size >= limits.peerCountMax) return;
    this.#waiting.set(nodeId, { nodeId, incarnation, claim });
  }

  /** Called every tick, in a turn. */
  tick(): void {
    for (const claim of this.#waiting.values()) {
      if (this.#options.meta.ready) this.grant(claim);
      else this.#options.pass({ kind: 'claim', ...claim });
    }
    this.#waiting.clear();
  }

  /** The founders come first, and an id is not given away while its node is heard. */
  grant(claim: Claim): void {
    const { meta, isAlive, onProgress } = this.#options;
    if (!meta.ready || membersOf(meta.keyspace.base).length === 0) return;
    if (isAlive(claim.nodeId)) return;
    grantClaim(meta.keyspace, claim);
    onProgress();
  }
}
