import { createServer, type Server, type Socket } from 'node:net';
import { FencepostError } from '../base/errors.ts';
import { limits } from '../base/limits.ts';
import { DialledLink } from './dialled-link.ts';
import { IncomingLinks } from './incoming-links.ts';
import { LinkContext } from './link-context.ts';
import type { Packet } from './packet.ts';
import type { PeerAddress } from './peer-hello.ts';
import { listenAddressOf, type PeerHost, parsePeerAddress } from './peer-host.ts';
import type { TransportEvents, TransportOptions } from './transport-options.ts';
import type { TransportPort } from './transport-port.ts';

/**
 * The links of one node. It dials every peer and sends on the connection that it dialled; what it
 * receives comes on those that the peers dialled. So each direction between two nodes is one
 * connection with one sender of packets, and a link that breaks takes nothing else with it.
 */
export class Transport implements TransportPort {
  /** Where the peer port is. */
  readonly address: PeerHost;
  readonly #server: Server;
  readonly #options: TransportOptions;
  readonly #context: LinkContext;
  readonly #dialled = new Map<number, DialledLink>();
  readonly #incoming: IncomingLinks;
  readonly #sweeper: NodeJS.Timeout;
  readonly #sweepMs: number;
  #sweptAtMs: number;
  #closed = false;

  /**
   * Listens on the peer port; `setPeers` starts to dial.
   *
   * @throws FencepostError `ADDRESS_IN_USE`, `ADDRESS_UNAVAILABLE` or `PEER_SECRET_MISSING`
   */
  static async open(options: TransportOptions): Promise<Transport> {
    const { port } = options.listen;
    const host = await listenAddressOf(options.listen.host, options.secret !== undefined);
    return new Transport(options, await listening({ host, port }));
  }

  private constructor(options: TransportOptions, server: Server) {
    this.#options = options;
    this.#server = server;
    this.address = addressOf(server);
    this.#context = new LinkContext({ ...options, ...this.#eventsWhileOpen(options) });
    this.#incoming = new IncomingLinks(this.#context, (nodeId) => {
      this.#dialled.get(nodeId)?.hurry();
    });
    this.#sweepMs = Math.max(1, this.#context.timings.pingMs / 2);
    this.#sweptAtMs = this.#context.monotonicMs();
    this.#sweeper = setInterval(() => this.#sweep(), this.#sweepMs);
    server.on('connection', (socket) => this.#accept(socket));
  }

  /** Starts and stops dialling; a peer whose address changed is dialled anew. */
  setPeers(peers: readonly PeerAddress[]): void {
    if (this.#closed) return;
    const wanted = new Map(this.#dialable(peers).map((peer) => [peer.nodeId, peer]));
    for (const [nodeId, link] of this.#dialled) {
      if (wanted.get(nodeId)?.address === link.peer.address) continue;
      this.#dialled.delete(nodeId);
      link.close();
      // It is judged anew when it calls again.
      if (!wanted.has(nodeId)) this.#incoming.end(nodeId, 'this node has no such peer any more');
    }
    for (const [nodeId, peer] of wanted) {
      if (this.#dialled.has(nodeId)) continue;
      const link = new DialledLink(peer, this.#context);
      this.#dialled.set(nodeId, link);
      link.hurry();
    }
  }

  send(nodeId: number, packet: Packet): boolean {
    return this.#dialled.get(nodeId)?.send(packet) ?? false;
  }

  flush(): void {
    for (const link of this.#dialled.values()) link.flush();
  }

  lastHeardMs(nodeId: number): number | undefined {
    return this.#context.lastHeardMs(nodeId);
  }

  /** Whether packets may be sent to a node. */
  isUp(nodeId: number): boolean {
    return this.#dialled.get(nodeId)?.up ?? false;
  }

  /** What was sent still leaves, if the peers take it; nothing is reported any more. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    clearInterval(this.#sweeper);
    for (const link of this.#dialled.values()) link.close();
    this.#incoming.close();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  #dialable(peers: readonly PeerAddress[]): readonly PeerAddress[] {
    const own = this.#options.hello().nodeId;
    const others = peers.filter(({ nodeId }) => nodeId !== own).slice(0, limits.peerCountMax);
    return others.filter((peer) => {
      try {
        parsePeerAddress(peer.address);
        return true;
      } catch (failure) {
        if (!(failure instanceof FencepostError)) throw failure;
        this.#context.log('warn', `${peer.nodeId}`, 'a peer cannot be dialled', failure.message);
        return false;
      }
    });
  }

  #accept(socket: Socket): void {
    const { remoteAddress } = socket;
    // It was gone before it was accepted.
    if (this.#closed || remoteAddress === undefined) return void socket.destroy();
    this.#incoming.add(socket, remoteAddress);
  }

  /**
   * After a pause of the process, what the peers said meanwhile waits in the sockets, and timers
   * run before those are read: silence is judged at the next sweep only.
   */
  #sweep(): void {
    const nowMs = this.#context.monotonicMs();
    const mayJudgeSilence = nowMs - this.#sweptAtMs < this.#sweepMs + lateMs;
    this.#sweptAtMs = nowMs;
    for (const link of this.#dialled.values()) link.sweep(nowMs, mayJudgeSilence);
    this.#incoming.sweep(nowMs, mayJudgeSilence);
  }

  #eventsWhileOpen(events: TransportEvents): TransportEvents {
    const whileOpen =
      <Arguments extends readonly unknown[]>(event: (...given: Arguments) => void) =>
      (...given: Arguments): void => {
        if (!this.#closed) event(...given);
      };
    return {
      onPacket: whileOpen((from, packet) => events.onPacket(from, packet)),
      onFrameEnd: whileOpen((from) => events.onFrameEnd(from)),
      onLink: whileOpen((nodeId, state, hello) => events.onLink(nodeId, state, hello)),
      onIncoming: whileOpen((from, state) => events.onIncoming?.(from, state)),
      onWritable: whileOpen((nodeId) => events.onWritable?.(nodeId)),
      onRefused: whileOpen((nodeId, refusal) => events.onRefused(nodeId, refusal)),
    };
  }
}

/** A sweep that comes later than this shows that the process stood still. */
const lateMs = 100;
const backlog = 511;

async function listening({ host, port }: PeerHost): Promise<Server> {
  const server = createServer({ noDelay: true });
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen({ host, port, backlog }, resolve);
    });
  } catch (failure) {
    const inUse = failure instanceof Error && 'code' in failure && failure.code === 'EADDRINUSE';
    const reason = failure instanceof Error ? failure.message : String(failure);
    throw new FencepostError(
      inUse ? 'ADDRESS_IN_USE' : 'ADDRESS_UNAVAILABLE',
      `cannot listen for peers on ${host}:${port} (${reason})`,
      failure,
    );
  }
  server.removeAllListeners('error');
  // Accepting can fail for a while (no file descriptors left); the connection is lost, not more.
  server.on('error', () => {});
  return server;
}

function addressOf(server: Server): PeerHost {
  const address = server.address();
  if (address === null || typeof address === 'string') return { host: '', port: 0 };
  return { host: address.address, port: address.port };
}
