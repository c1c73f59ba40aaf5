import { connect, isIP, type Socket } from 'node:net';
import { limits } from '../base/limits.ts';
import { DiallerHandshake, type HandshakeStep } from './handshake.ts';
import type { LinkContext } from './link-context.ts';
import type { Packet } from './packet.ts';
import { decodeItems } from './packet-codec.ts';
import { PeerConnection } from './peer-connection.ts';
import type { PeerAddress, PeerHello } from './peer-hello.ts';
import { isLoopbackAddress, parsePeerAddress } from './peer-host.ts';
import { SendQueue } from './send-queue.ts';
import type { ReceivedRefusal } from './transport-options.ts';

/** An established connection, and what waits to be sent on it. */
interface Established {
  readonly connection: PeerConnection;
  readonly queue: SendQueue;
}

/**
 * The link on which this node sends to one peer. It dials, and dials again, for as long as the
 * node is a peer. What comes back on it are counts of what arrived and signs of life.
 */
export class DialledLink {
  readonly peer: PeerAddress;
  readonly #context: LinkContext;
  #connection: PeerConnection | undefined;
  #established: Established | undefined;
  #dialAtMs = 0;
  #backoffMs: number;
  #closed = false;
  /** When the log left out that the link is up, because it had said so a moment before. */
  #unsaidAtMs: number | undefined;

  constructor(peer: PeerAddress, context: LinkContext) {
    this.peer = peer;
    this.#context = context;
    this.#backoffMs = context.timings.backoffMsMin;
  }

  get up(): boolean {
    return this.#established !== undefined;
  }

  send(packet: Packet): boolean {
    return this.#established?.queue.offer(packet) ?? false;
  }

  flush(): void {
    this.#established?.queue.flush();
  }

  /** The peer was just heard to be there: no reason to wait. */
  hurry(): void {
    this.#backoffMs = this.#context.timings.backoffMsMin;
    this.#dialAtMs = 0;
    this.maybeDial(this.#context.monotonicMs());
  }

  maybeDial(nowMs: number): void {
    if (this.#closed || this.#connection !== undefined || nowMs < this.#dialAtMs) return;
    this.#dial();
  }

  /** Called many times a second. */
  sweep(nowMs: number, mayJudgeSilence: boolean): void {
    this.maybeDial(nowMs);
    const connection = this.#connection;
    if (connection === undefined) return;
    const { handshakeMs, silenceMs, pingMs } = this.#context.timings;
    if (this.#established !== undefined) {
      connection.maybePing(nowMs, pingMs);
      if (nowMs - (this.#unsaidAtMs ?? nowMs) > limits.peerLogIntervalMs) this.#sayUp();
      const silent = mayJudgeSilence && nowMs - connection.heardAtMs > silenceMs;
      if (silent) connection.end(`nothing was heard for ${silenceMs} ms`);
    } else if (mayJudgeSilence && nowMs - connection.startedAtMs > handshakeMs) {
      connection.end(`no link within ${handshakeMs} ms`);
    }
  }

  /** The node is no peer any more. What was sent still leaves; nothing is reported but `down`. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#established?.queue.flush();
    const connection = this.#connection;
    const wasUp = this.up;
    this.#connection = undefined;
    this.#established = undefined;
    if (!wasUp) return connection?.end('the node is no peer any more');
    connection?.finish();
    this.#context.events.onLink(this.peer.nodeId, 'down');
  }

  #dial(): void {
    const { host, port } = parsePeerAddress(this.peer.address);
    if (!this.#context.hasSecret && isIP(host) !== 0 && !isLoopbackAddress(host)) {
      return this.#failed('it is not on this machine, and there is no cluster secret');
    }
    const socket = connect({ host, port, noDelay: true });
    const handshake = new DiallerHandshake({
      ...this.#context.newHandshake(),
      to: this.peer.nodeId,
    });
    const connection: PeerConnection = new PeerConnection(socket, {
      monotonicMs: this.#context.monotonicMs,
      onHeard: (nowMs) => this.#heard(nowMs),
      onFrame: (body) => this.#receive(connection, handshake, body),
      onEnd: (reason) => this.#ended(connection, reason),
    });
    this.#connection = connection;
    if (!this.#context.hasSecret) refuseForeignAddress(socket, connection);
    // Written before the connection stands; the socket keeps it until then.
    connection.send(handshake.start());
  }

  #heard(nowMs: number): void {
    if (this.up) this.#context.heard(this.peer.nodeId, nowMs);
  }

  #receive(connection: PeerConnection, handshake: DiallerHandshake, body: Buffer): void {
    if (connection !== this.#connection) return;
    if (this.#established !== undefined) return this.#receiveItems(this.#established, body);
    const step = connection.decode(() => handshake.receive(body));
    if (step !== undefined) this.#take(connection, step);
  }

  #take(connection: PeerConnection, step: HandshakeStep): void {
    switch (step.kind) {
      case 'answer':
        return connection.send(step.send);
      case 'garbage':
        return connection.end(step.text);
      case 'refused':
        return this.#refused(connection, step.refusal);
      case 'done': {
        const { nodeId, address } = this.peer;
        const refusal = this.#context.judgeDialled(step.peer, nodeId, address);
        if (refusal === undefined) return this.#establish(connection, step.peer.hello);
        return this.#refused(connection, { ...refusal, proven: false });
      }
    }
  }

  #establish(connection: PeerConnection, hello: PeerHello): void {
    connection.handshakeDone();
    this.#established = { connection, queue: new SendQueue(connection) };
    this.#backoffMs = this.#context.timings.backoffMsMin;
    this.#heard(this.#context.monotonicMs());
    this.#sayUp();
    this.#context.events.onLink(this.peer.nodeId, 'up', hello);
  }

  /** What the log says last of a peer must be so. */
  #sayUp(): void {
    const said = this.#context.log('info', this.#name, 'link to a peer is up');
    this.#unsaidAtMs = said ? undefined : this.#context.monotonicMs();
  }

  #receiveItems({ connection, queue }: Established, body: Buffer): void {
    const items = connection.decode(() => decodeItems(body));
    for (const item of items ?? []) {
      const valid = item.kind === 'received' && queue.confirm(item.byteCounts);
      if (!valid) return connection.end('what only the other direction may carry');
    }
    if (items === undefined || items.length === 0) return;
    queue.flush();
    if (queue.takeWritable()) this.#context.events.onWritable?.(this.peer.nodeId);
  }

  #refused(connection: PeerConnection, refusal: ReceivedRefusal): void {
    this.#context.log('warn', this.#name, `no link to a peer: ${refusal.code}`, refusal.text);
    connection.end(refusal.text);
    this.#context.events.onRefused(this.peer.nodeId, refusal);
  }

  #ended(connection: PeerConnection, reason: string): void {
    if (connection !== this.#connection) return;
    const wasUp = this.up;
    this.#connection = undefined;
    this.#established = undefined;
    this.#failed(reason);
    if (wasUp) this.#context.events.onLink(this.peer.nodeId, 'down');
  }

  /** The next attempt follows after half to all of the time, so that peers do not move in step. */
  #failed(reason: string): void {
    const { monotonicMs, timings } = this.#context;
    this.#dialAtMs = monotonicMs() + this.#backoffMs * (0.5 + Math.random() / 2);
    this.#backoffMs = Math.min(this.#backoffMs * 2, timings.backoffMsMax);
    this.#context.log('info', this.#name, 'link to a peer is down', reason);
  }

  get #name(): string {
    return `${this.peer.nodeId}=${this.peer.address}`;
  }
}

/** Ends the attempt before it leaves the machine: the host's name may stand for any address. */
function refuseForeignAddress(socket: Socket, connection: PeerConnection): void {
  socket.on('lookup', (_failure, address) => {
    if (address === undefined || isLoopbackAddress(address)) return;
    connection.end(`${address} is not on this machine, and there is no cluster secret`);
  });
}
