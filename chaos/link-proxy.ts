import { connect, createServer, type Server, type Socket } from 'node:net';
import type { Prng } from '../src/base/prng.ts';
import type { Slowness } from './network.ts';

export interface LinkProxyOptions {
  readonly nodeId: number;
  readonly listen: { readonly host: string; readonly port: number };
  readonly target: { readonly host: string; readonly port: number };
  readonly prng: Prng;
  /** Which node dialled; undefined if it cannot be told any more. */
  readonly identify: (socket: Socket) => number | undefined;
}

/** What may pass between this proxy's node and the node that dialled it. */
export interface Passage {
  /** From the one that dialled to the node behind the proxy. */
  readonly inward: boolean;
  readonly outward: boolean;
}

/** Bytes that wait for their time; beyond it the sender's own buffers fill, as on a real link. */
const heldBytesMax = 1 << 20;

/**
 * Stands before one node's peer port and passes on what comes, each piece later by a delay of
 * its own: pieces of one stream stay in order, because TCP would put them in order, but streams
 * overtake each other, those of different nodes and the two directions of one. A direction that
 * is cut holds its bytes until it heals, as retransmission would.
 */
export class LinkProxy {
  readonly #options: LinkProxyOptions;
  readonly #server: Server;
  readonly #pipes = new Set<Pipe>();
  readonly #passages = new Map<number, Passage>();
  #slowness: Slowness = { delayMs: 0, jitterMs: 0 };

  private constructor(options: LinkProxyOptions) {
    this.#options = options;
    this.#server = createServer((socket) => this.#accept(socket));
  }

  static async open(options: LinkProxyOptions): Promise<LinkProxy> {
    const proxy = new LinkProxy(options);
    await new Promise<void>((resolve, reject) => {
      proxy.#server.once('error', reject);
      proxy.#server.listen(options.listen, resolve);
    });
    return proxy;
  }

  get port(): number {
    const address = this.#server.address();
    return address === null || typeof address === 'string' ? 0 : address.port;
  }

  /** Every peer that is not named passes both ways. */
  setPassages(passages: ReadonlyMap<number, Passage>): void {
    this.#passages.clear();
    for (const [nodeId, passage] of passages) this.#passages.set(nodeId, passage);
    for (const pipe of this.#pipes) pipe.look();
  }

  setSlowness(slowness: Slowness | undefined): void {
    this.#slowness = slowness ?? { delayMs: 0, jitterMs: 0 };
  }

  async close(): Promise<void> {
    for (const pipe of this.#pipes) pipe.destroy();
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
    });
  }

  #accept(dialled: Socket): void {
    const { target, identify } = this.#options;
    const nodeId = identify(dialled);
    const passageOf = (): Passage =>
      (nodeId === undefined ? undefined : this.#passages.get(nodeId)) ?? open;
    const behind = connect({ ...target, noDelay: true });
    dialled.setNoDelay(true);
    const delayMs = (): number => {
      const { delayMs: least, jitterMs } = this.#slowness;
      return least + (jitterMs === 0 ? 0 : this.#options.prng.between(0, jitterMs));
    };
    const inward = new Pipe({
      delayMs,
      from: dialled,
      to: behind,
      isOpen: () => passageOf().inward,
    });
    const outward = new Pipe({
      delayMs,
      from: behind,
      to: dialled,
      isOpen: () => passageOf().outward,
    });
    for (const pipe of [inward, outward]) this.#pipes.add(pipe);
    const end = (): void => {
      for (const pipe of [inward, outward]) {
        pipe.destroy();
        this.#pipes.delete(pipe);
      }
    };
    for (const socket of [dialled, behind]) {
      socket.on('error', end);
      socket.on('close', end);
    }
  }
}

const open: Passage = { inward: true, outward: true };

interface PipeOptions {
  readonly from: Socket;
  readonly to: Socket;
  readonly delayMs: () => number;
  readonly isOpen: () => boolean;
}

/** One direction of one connection. */
class Pipe {
  readonly #options: PipeOptions;
  readonly #held: { readonly bytes: Buffer; readonly dueAtMs: number }[] = [];
  #heldBytes = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: PipeOptions) {
    this.#options = options;
    options.from.on('data', (bytes) => this.#take(bytes));
    options.to.on('drain', () => this.look());
  }

  /** Passes on whatever is due, if it may pass. */
  look(): void {
    const { to, from, isOpen } = this.#options;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    while (isOpen() && !to.writableNeedDrain) {
      const [first] = this.#held;
      if (first === undefined) break;
      const waitMs = first.dueAtMs - performance.now();
      if (waitMs > 0) {
        this.#timer = setTimeout(() => this.look(), waitMs);
        break;
      }
      this.#held.shift();
      this.#heldBytes -= first.bytes.length;
      to.write(first.bytes);
    }
    if (this.#heldBytes < heldBytesMax && from.isPaused()) from.resume();
  }

  destroy(): void {
    clearTimeout(this.#timer);
    this.#options.from.destroy();
    this.#options.to.destroy();
  }

  #take(bytes: Buffer): void {
    const last = this.#held.at(-1)?.dueAtMs ?? 0;
    const dueAtMs = Math.max(last, performance.now() + this.#options.delayMs());
    this.#held.push({ bytes, dueAtMs });
    this.#heldBytes += bytes.length;
    if (this.#heldBytes >= heldBytesMax) this.#options.from.pause();
    this.look();
  }
}
