import type { Duplex } from 'node:stream';
import { limits } from '../base/limits.ts';
import { type Peer, refusalCodes } from './handshake.ts';
import { IncomingLink } from './incoming-link.ts';
import type { LinkContext } from './link-context.ts';
import type { Refusal } from './transport-options.ts';

/** What was heard from less long ago is alive; links send something every 100 ms. */
const aliveMs = 500;

/** All connections to the peer port: strangers that have not proven anything, and one a peer. */
export class IncomingLinks {
  readonly #context: LinkContext;
  readonly #onPeerHeard: (nodeId: number) => void;
  /** In the order in which they came. */
  readonly #strangers = new Set<IncomingLink>();
  readonly #established = new Map<number, IncomingLink>();

  /** @param onPeerHeard a peer has just linked to this node, so it can be dialled */
  constructor(context: LinkContext, onPeerHeard: (nodeId: number) => void) {
    this.#context = context;
    this.#onPeerHeard = onPeerHeard;
  }

  add(stream: Duplex, from: string): void {
    for (const oldest of this.#strangers) {
      if (this.#strangers.size < limits.peerHandshakeCountMax) break;
      oldest.end('too many connections have not done their handshake');
    }
    const link = new IncomingLink(stream, {
      context: this.#context,
      from,
      judge: (peer) => this.#judge(peer),
      onEstablished: (established, peer) => this.#establish(established, peer),
      onEnded: (ended) => this.#ended(ended),
    });
    this.#strangers.add(link);
  }

  sweep(nowMs: number, mayJudgeSilence: boolean): void {
    for (const link of this.#strangers) link.sweep(nowMs, mayJudgeSilence);
    for (const link of this.#established.values()) link.sweep(nowMs, mayJudgeSilence);
  }

  /** Ends the link on which that node sends, if there is one. */
  end(nodeId: number, reason: string): void {
    this.#established.get(nodeId)?.end(reason);
  }

  close(): void {
    for (const link of this.#strangers) link.end('this node stops');
    for (const link of this.#established.values()) link.end('this node stops');
  }

  /**
   * A process that links again replaces its old connection, which may be half open. Another
   * process with the same node id may do so only once nothing is heard from the first.
   */
  #judge(peer: Peer): Refusal | undefined {
    const { nodeId } = peer.hello;
    const link = this.#established.get(nodeId);
    const isOther = link?.peer?.instance !== peer.instance;
    if (link !== undefined && isOther) {
      const silentMs = this.#context.monotonicMs() - link.heardAtMs;
      const text = `another node with the id ${nodeId} is linked already, from ${link.from}`;
      if (silentMs < aliveMs) return { code: refusalCodes.nodeIdInUse, text };
    }
    if (link === undefined && this.#established.size >= limits.peerCountMax) {
      return { code: refusalCodes.tooManyPeers, text: `${limits.peerCountMax} peers are linked` };
    }
    return this.#context.judgeIncoming(peer);
  }

  #establish(link: IncomingLink, { hello }: Peer): void {
    this.#strangers.delete(link);
    this.#established.get(hello.nodeId)?.end('the peer has linked again');
    this.#established.set(hello.nodeId, link);
    this.#context.events.onIncoming?.(hello, 'up');
    this.#onPeerHeard(hello.nodeId);
  }

  #ended(link: IncomingLink): void {
    this.#strangers.delete(link);
    const { peer } = link;
    if (peer === undefined || this.#established.get(peer.hello.nodeId) !== link) return;
    this.#established.delete(peer.hello.nodeId);
    this.#context.events.onIncoming?.(peer.hello, 'down');
  }
}
