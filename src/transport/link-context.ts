import { randomBytes } from 'node:crypto';
import { performance } from 'node:perf_hooks';
import { limits } from '../base/limits.ts';
import { type HandshakeOptions, type Peer, refusalCodes } from './handshake.ts';
import { nonceBytes } from './handshake-codec.ts';
import { LineLimiter } from './line-limiter.ts';
import type {
  LinkTimings,
  LogLevel,
  Refusal,
  TransportEvents,
  TransportOptions,
} from './transport-options.ts';

const defaultTimings: LinkTimings = {
  handshakeMs: limits.peerHandshakeMs,
  silenceMs: limits.peerSilenceMs,
  pingMs: limits.peerPingMs,
  backoffMsMin: limits.peerBackoffMsMin,
  backoffMsMax: limits.peerBackoffMsMax,
};

/** What all links of one node share. */
export class LinkContext {
  readonly events: TransportEvents;
  readonly timings: LinkTimings;
  readonly monotonicMs: () => number;
  readonly hasSecret: boolean;
  readonly #options: TransportOptions;
  readonly #secret: Buffer;
  readonly #instance = randomBytes(16).toString('hex');
  readonly #limiter: LineLimiter;
  readonly #heardAtMs = new Map<number, number>();

  constructor(options: TransportOptions) {
    this.events = options;
    this.timings = { ...defaultTimings, ...options.timings };
    this.monotonicMs = options.monotonicMs ?? (() => performance.now());
    this.hasSecret = options.secret !== undefined;
    this.#options = options;
    this.#secret = options.secret ?? Buffer.alloc(0);
    this.#limiter = new LineLimiter(this.monotonicMs);
  }

  /** What one handshake needs of this node. */
  newHandshake(): HandshakeOptions {
    return {
      secret: this.#secret,
      hello: this.#options.hello(),
      instance: this.#instance,
      nonce: randomBytes(nonceBytes),
    };
  }

  /** The judgement on a node that answered as the one that was dialled, or as another. */
  judgeDialled({ hello }: Peer, nodeId: number, address: string): Refusal | undefined {
    if (hello.nodeId !== nodeId) {
      const text = `node ${nodeId} was expected at ${address}, and node ${hello.nodeId} is there`;
      return { code: refusalCodes.otherNode, text };
    }
    return this.#options.accept(hello, 'dialled');
  }

  judgeIncoming({ hello }: Peer): Refusal | undefined {
    if (hello.nodeId === this.#options.hello().nodeId) {
      const text = `node id ${hello.nodeId} is that of the node which was dialled`;
      return { code: refusalCodes.nodeIdInUse, text };
    }
    return this.#options.accept(hello, 'incoming');
  }

  heard(nodeId: number, nowMs: number): void {
    if (!this.#heardAtMs.has(nodeId)) this.#forgetOldest();
    this.#heardAtMs.set(nodeId, nowMs);
  }

  lastHeardMs(nodeId: number): number | undefined {
    return this.#heardAtMs.get(nodeId);
  }

  /** Logs at most one line in a while for each peer and reason; false if this one is left out. */
  log(level: LogLevel, peer: string, reason: string, detail?: string): boolean {
    const heldBack = this.#limiter.admit(peer, reason);
    if (heldBack === undefined) return false;
    const details: Record<string, unknown> = { peer };
    if (detail !== undefined) details.detail = detail;
    if (heldBack > 0) details.heldBack = heldBack;
    this.#options.log(level, reason, details);
    return true;
  }

  /** Nodes come and go; those that are gone must not add up. */
  #forgetOldest(): void {
    if (this.#heardAtMs.size < 4 * limits.peerCountMax) return;
    for (const nodeId of this.#heardAtMs.keys()) {
      this.#heardAtMs.delete(nodeId);
      return;
    }
  }
}
