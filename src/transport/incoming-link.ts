import type { Duplex } from 'node:stream';
import { ByteWriter } from '../base/byte-writer.ts';
import { FencepostError } from '../base/errors.ts';
import { limits } from '../base/limits.ts';
import { AcceptorHandshake, type HandshakeStep, type Peer } from './handshake.ts';
import type { LinkContext } from './link-context.ts';
import type { Packet } from './packet.ts';
import { decodeItems, type Item, type Lane, laneOf, lanes, writeReceived } from './packet-codec.ts';
import { PacketPieces } from './packet-pieces.ts';
import { PeerConnection } from './peer-connection.ts';
import type { Refusal } from './transport-options.ts';

export interface IncomingLinkOptions {
  readonly context: LinkContext;
  /** Where the connection came from, for the log. */
  readonly from: string;
  judge(peer: Peer): Refusal | undefined;
  /** The handshake is done; packets may follow. */
  onEstablished(link: IncomingLink, peer: Peer): void;
  onEnded(link: IncomingLink): void;
}

/** A link on which a peer sends to this node. */
export class IncomingLink {
  readonly #options: IncomingLinkOptions;
  readonly #connection: PeerConnection;
  readonly #handshake: AcceptorHandshake;
  readonly #pieces = new PacketPieces();
  readonly #byteCounts: Record<Lane, number> = { ordered: 0, bulk: 0 };
  #unconfirmedBytes = 0;
  #peer: Peer | undefined;
  #refused = false;
  #decoding = false;

  constructor(stream: Duplex, options: IncomingLinkOptions) {
    const { context, judge } = options;
    this.#options = options;
    this.#handshake = new AcceptorHandshake({ ...context.newHandshake(), judge });
    this.#connection = new PeerConnection(stream, {
      monotonicMs: context.monotonicMs,
      onHeard: (nowMs) => this.#heard(nowMs),
      onFrame: (body) => this.#receive(body),
      onEnd: (reason) => this.#ended(reason),
    });
  }

  /** Who sends here; undefined during the handshake. */
  get peer(): Peer | undefined {
    return this.#peer;
  }

  get from(): string {
    return this.#options.from;
  }

  get heardAtMs(): number {
    return this.#connection.heardAtMs;
  }

  sweep(nowMs: number, mayJudgeSilence: boolean): void {
    const { handshakeMs, silenceMs, pingMs } = this.#options.context.timings;
    const { heardAtMs, startedAtMs } = this.#connection;
    if (this.#peer !== undefined) {
      this.#connection.maybePing(nowMs, pingMs);
      if (mayJudgeSilence && nowMs - heardAtMs > silenceMs) {
        this.end(`nothing was heard for ${silenceMs} ms`);
      }
    } else if (mayJudgeSilence && nowMs - startedAtMs > handshakeMs) {
      this.end(`no handshake within ${handshakeMs} ms`);
    }
  }

  end(reason: string): void {
    this.#connection.end(reason);
  }

  #heard(nowMs: number): void {
    if (this.#peer !== undefined) this.#options.context.heard(this.#peer.hello.nodeId, nowMs);
  }

  #receive(body: Buffer): void {
    if (this.#peer !== undefined) return this.#receiveItems(this.#peer, body);
    const step = this.#connection.decode(() => this.#handshake.receive(body));
    if (step !== undefined) this.#take(step);
  }

  #take(step: HandshakeStep): void {
    switch (step.kind) {
      case 'answer':
        return this.#connection.send(step.send);
      case 'garbage':
        return this.end(step.text);
      case 'refused':
        this.#refused = true;
        this.#log(`a peer was refused: ${step.refusal.code}`, step.refusal.text);
        if (step.send !== undefined) this.#connection.send(step.send);
        return this.#connection.finish();
      case 'done':
        if (step.send !== undefined) this.#connection.send(step.send);
        this.#connection.handshakeDone();
        this.#peer = step.peer;
        this.#heard(this.#connection.heardAtMs);
        return this.#options.onEstablished(this, step.peer);
    }
  }

  /** All of a frame is decoded before any of it counts. */
  #receiveItems(peer: Peer, body: Buffer): void {
    const packets = this.#decode(() => this.#packetsOf(decodeItems(body)));
    if (packets === undefined) return;
    const { events } = this.#options.context;
    for (const packet of packets) {
      if (this.#connection.ended) return;
      // What is in it is decoded there; a body that is none ends the link as well.
      this.#decode(() => events.onPacket(peer.hello, packet));
    }
    if (this.#connection.ended) return;
    if (packets.length > 0) events.onFrameEnd(peer.hello);
    this.#maybeConfirm();
  }

  /** As that of the connection; the log tells what a peer sent that it should not have. */
  #decode<Value>(decode: () => Value): Value | undefined {
    this.#decoding = true;
    const value = this.#connection.decode(decode);
    this.#decoding = false;
    return value;
  }

  #packetsOf(items: readonly Item[]): readonly Packet[] {
    const packets: Packet[] = [];
    for (const item of items) {
      if (item.kind === 'received') {
        throw new FencepostError('PEER_PROTOCOL', 'what only the other direction may carry');
      }
      if (item.kind === 'piece') {
        this.#count(item.lane, item.bytes.length);
        const whole = this.#pieces.add(item);
        if (whole !== undefined) packets.push(whole);
        continue;
      }
      const { packet } = item;
      const lane = laneOf(packet);
      if (lane !== undefined && packet.kind !== 'raft') this.#count(lane, packet.body.length);
      packets.push(packet);
    }
    return packets;
  }

  #count(lane: Lane, byteCount: number): void {
    this.#byteCounts[lane] += byteCount;
    this.#unconfirmedBytes += byteCount;
  }

  /** Well before the sender's window is used up. */
  #maybeConfirm(): void {
    if (this.#unconfirmedBytes < limits.peerWindowBytes / (2 * lanes.length)) return;
    this.#unconfirmedBytes = 0;
    const writer = new ByteWriter(32);
    writeReceived(writer, this.#byteCounts);
    this.#connection.send(writer.take());
  }

  #ended(reason: string): void {
    if (this.#peer === undefined && !this.#refused) this.#log('a connection was no peer', reason);
    if (this.#decoding) this.#log('a peer sent what no peer sends', reason);
    this.#options.onEnded(this);
  }

  /** Strangers come from one port each: only their host tells them apart. */
  #log(reason: string, detail: string): void {
    this.#options.context.log('warn', this.#options.from, reason, detail);
  }
}
