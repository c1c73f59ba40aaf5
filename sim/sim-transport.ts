import { decodeMessage, encodeMessage } from '../src/transport/message-codec.ts';
import type { OpaquePacket, Packet, RaftPacket } from '../src/transport/packet.ts';
import type { PeerAddress, PeerHello } from '../src/transport/peer-hello.ts';
import { Transport } from '../src/transport/transport.ts';
import type { Refusal, TransportOptions } from '../src/transport/transport-options.ts';
import type { TransportPort } from '../src/transport/transport-port.ts';
import type { Network } from './network.ts';
import type { Scheduler } from './scheduler.ts';
import type { SimClock } from './sim-clock.ts';

export interface SimTransportOptions {
  readonly nodeId: number;
  readonly network: Network<readonly RaftPacket[]>;
  readonly clock: SimClock;
  readonly scheduler: Scheduler;
  readonly encodesMessages: boolean;
}

/** The links of one simulated process: what `Transport` is to a real one. */
export class SimTransport implements TransportPort {
  readonly events: TransportOptions;
  readonly #options: SimTransportOptions;
  readonly #queued = new Map<number, RaftPacket[]>();
  /** What peers said about themselves when they were last linked with. */
  readonly #hellos = new Map<number, PeerHello>();

  constructor(events: TransportOptions, options: SimTransportOptions) {
    this.events = events;
    this.#options = options;
  }

  setPeers(peers: readonly PeerAddress[]): void {
    const { network, nodeId } = this.#options;
    network.dial(
      nodeId,
      peers.map((peer) => peer.nodeId),
    );
  }

  send(nodeId: number, packet: Packet): boolean {
    const { network, nodeId: self } = this.#options;
    if (packet.kind !== 'raft') return network.sendStream(self, nodeId, packet);
    const queued = this.#queued.get(nodeId);
    const sent = this.#options.encodesMessages ? throughBytes(packet) : packet;
    if (queued === undefined) this.#queued.set(nodeId, [sent]);
    else queued.push(sent);
    return true;
  }

  flush(): void {
    if (this.#queued.size === 0) return;
    const { network, nodeId: self } = this.#options;
    for (const [nodeId, packets] of this.#queued) network.sendFrame(self, nodeId, packets);
    this.#queued.clear();
  }

  isUp(nodeId: number): boolean {
    return this.#options.network.isUp(this.#options.nodeId, nodeId);
  }

  lastHeardMs(nodeId: number): number | undefined {
    const { network, nodeId: self, clock, scheduler } = this.#options;
    const heardAtMicros = network.heardAtMicros(nodeId, self);
    if (heardAtMicros === undefined) return undefined;
    return clock.monotonicMs - ((scheduler.nowMicros - heardAtMicros) * clock.rate) / 1000;
  }

  receiveFrame(from: number, packets: readonly RaftPacket[]): void {
    const hello = this.#hellos.get(from);
    // Nobody speaks before the handshake.
    if (hello === undefined) return;
    for (const packet of packets) this.events.onPacket(hello, packet);
    this.events.onFrameEnd(hello);
  }

  receiveStream(from: number, packet: OpaquePacket): void {
    const hello = this.#hellos.get(from);
    if (hello === undefined) return;
    this.events.onPacket(hello, packet);
    this.events.onFrameEnd(hello);
  }

  /** What this end has against a link with that peer. */
  refusalOf(peer: SimTransport, direction: 'dialled' | 'incoming'): Refusal | undefined {
    return this.events.accept(peer.events.hello(), direction);
  }

  refused(nodeId: number, refusal: Refusal): void {
    this.events.onRefused(nodeId, { ...refusal, proven: true });
  }

  linkUp(peer: SimTransport, direction: 'dialled' | 'incoming'): void {
    const hello = peer.events.hello();
    this.#hellos.set(hello.nodeId, hello);
    if (direction === 'dialled') this.events.onLink(hello.nodeId, 'up', hello);
    else this.events.onIncoming?.(hello, 'up');
  }

  linkDown(nodeId: number, direction: 'dialled' | 'incoming'): void {
    const hello = this.#hellos.get(nodeId);
    if (direction === 'dialled') this.events.onLink(nodeId, 'down', hello);
    else if (hello !== undefined) this.events.onIncoming?.(hello, 'down');
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

function throughBytes(packet: RaftPacket): RaftPacket {
  return { ...packet, message: decodeMessage(encodeMessage(packet.message)) };
}

type Opener = (events: TransportOptions) => SimTransport;

const openers = new Map<string, Opener>();

/** The host that a simulated node listens at, and through which its process finds its network. */
export function hostOf(nodeId: number): string {
  return `node-${nodeId}.simulated`;
}

/** Where its peers reach it. */
export function addressOf(nodeId: number): string {
  return `${hostOf(nodeId)}:1`;
}

/** The next transport that is opened at the host is made by `open`. */
export function provideTransport(nodeId: number, open: Opener): void {
  openers.set(hostOf(nodeId), open);
}

/**
 * Replaces the sockets of the product in this process: what opens a transport gets one of the
 * simulated network.
 */
export function replaceTransport(): void {
  Transport.open = (events) => {
    const open = openers.get(events.listen.host);
    if (open === undefined) throw new RangeError(`nobody listens at ${events.listen.host}`);
    // `as`: a node asks a transport for nothing that a simulated one does not have.
    return Promise.resolve(open(events) as unknown as Transport);
  };
}
