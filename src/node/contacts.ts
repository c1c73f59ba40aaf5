import type { PeerHello } from '../transport/peer-hello.ts';
import type { LinkDirection } from '../transport/transport-options.ts';
import { timing } from './timing.ts';

export interface ContactsOptions {
  /** Whole ms on the monotonic clock. */
  readonly monotonicMs: () => number;
  /** When a node was heard last, on the same clock; undefined if never. */
  readonly lastHeardMs: (nodeId: number) => number | undefined;
}

/** What a node knows of the others by its links alone: who they said they are, and who is heard. */
export class Contacts {
  readonly #options: ContactsOptions;
  readonly #hellos = new Map<number, PeerHello>();
  readonly #reachableSinceMs = new Map<number, number>();
  readonly #silent = new Set<number>();

  constructor(options: ContactsOptions) {
    this.#options = options;
  }

  /** What a peer said about itself when it was linked with last. */
  helloOf(nodeId: number): PeerHello | undefined {
    return this.#hellos.get(nodeId);
  }

  linkUp(hello: PeerHello): void {
    this.#hellos.set(hello.nodeId, hello);
    this.#reachableSinceMs.set(hello.nodeId, this.#options.monotonicMs());
    this.#silent.delete(hello.nodeId);
  }

  /** Without the link on which the peer sends it is still reached, and its time begins anew. */
  linkDown(nodeId: number, direction: LinkDirection): void {
    if (direction === 'dialled') this.#reachableSinceMs.delete(nodeId);
    else if (this.isLinked(nodeId)) {
      this.#reachableSinceMs.set(nodeId, this.#options.monotonicMs());
    }
  }

  /** Whether it can be sent something. */
  isLinked(nodeId: number): boolean {
    return this.#reachableSinceMs.has(nodeId);
  }

  /** It may be down. */
  isSilent(nodeId: number): boolean {
    return this.#silentMs(nodeId) > timing.silentMs;
  }

  /** It has been reachable for some time. */
  isSteady(nodeId: number): boolean {
    const sinceMs = this.#reachableSinceMs.get(nodeId);
    if (sinceMs === undefined || this.isSilent(nodeId)) return false;
    return this.#options.monotonicMs() - sinceMs >= timing.steadyMs;
  }

  /** For how many ticks it has not been heard. */
  silentTicks(nodeId: number): number {
    const heardMs = this.#options.lastHeardMs(nodeId) ?? 0;
    return Math.floor((this.#options.monotonicMs() - heardMs) / timing.tickMs);
  }

  /** Who has fallen silent since the last call. */
  takeSilent(): readonly number[] {
    const fallen: number[] = [];
    for (const nodeId of this.#hellos.keys()) {
      if (!this.isSilent(nodeId)) this.#silent.delete(nodeId);
      else if (!this.#silent.has(nodeId)) {
        this.#silent.add(nodeId);
        fallen.push(nodeId);
      }
    }
    return fallen;
  }

  #silentMs(nodeId: number): number {
    const heardMs = this.#options.lastHeardMs(nodeId);
    if (heardMs === undefined) return Number.POSITIVE_INFINITY;
    return this.#options.monotonicMs() - heardMs;
  }
}
