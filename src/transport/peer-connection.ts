import type { Duplex } from 'node:stream';
import { FencepostError } from '../base/errors.ts';
import { limits } from '../base/limits.ts';
import { FrameReader, frameHeadBytes, frameOf, sealFrame } from './frame.ts';

export interface ConnectionEvents {
  readonly monotonicMs: () => number;
  /** Bytes came. */
  onHeard(nowMs: number): void;
  /** The body of one frame. */
  onFrame(body: Buffer): void;
  /** The connection ended, by itself or by `end`; called once. */
  onEnd(reason: string): void;
}

/** One connection between two nodes, in frames; both ends of a link are made of it. */
export class PeerConnection {
  readonly startedAtMs: number;
  readonly #stream: Duplex;
  readonly #events: ConnectionEvents;
  readonly #reader = new FrameReader(limits.peerHandshakeBytesMax);
  #heardAtMs: number;
  #sentAtMs: number;
  #sentCount = 0;
  #ended = false;

  constructor(stream: Duplex, events: ConnectionEvents) {
    this.#stream = stream;
    this.#events = events;
    this.startedAtMs = events.monotonicMs();
    this.#heardAtMs = this.startedAtMs;
    this.#sentAtMs = this.startedAtMs;
    stream.on('data', (chunk: Buffer) => this.#read(chunk));
    stream.on('error', (failure) => this.end(failure.message));
    stream.on('end', () => this.end('the peer closed the connection'));
    stream.on('close', () => this.end('the connection was closed'));
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** When the last bytes came. */
  get heardAtMs(): number {
    return this.#heardAtMs;
  }

  /** Bytes that the system has not taken yet. */
  get waitingBytes(): number {
    return this.#stream.writableLength;
  }

  /** The peer is known: it may send frames of the full size. */
  handshakeDone(): void {
    this.#reader.allow(limits.peerFrameBytesMax);
  }

  send(body: Buffer): void {
    this.#write(frameOf(body, this.#sentCount));
  }

  /** @param frame room for the head, and the body; the connection owns it from now on */
  sendFrame(frame: Buffer): void {
    sealFrame(frame, this.#sentCount);
    this.#write(frame);
  }

  /** Sends an empty frame if nothing left for `idleMs`. */
  maybePing(nowMs: number, idleMs: number): void {
    if (this.#ended || nowMs - this.#sentAtMs < idleMs) return;
    this.sendFrame(Buffer.alloc(frameHeadBytes));
  }

  /**
   * What `decode` returns; undefined if it throws that the bytes are not what the protocol says:
   * then the connection has ended.
   */
  decode<Value>(decode: () => Value): Value | undefined {
    try {
      return decode();
    } catch (failure) {
      if (!(failure instanceof FencepostError)) throw failure;
      this.end(failure.message);
      return undefined;
    }
  }

  /** Ends it at once; what was not sent yet is lost. */
  end(reason: string): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#stream.destroy();
    this.#events.onEnd(reason);
  }

  /** Reads nothing more, and ends when the peer has taken everything and closed its side. */
  finish(): void {
    if (this.#ended) return;
    this.#stream.removeAllListeners('data');
    this.#stream.resume();
    this.#stream.end();
    const deadline = setTimeout(() => this.end('the peer does not close'), limits.peerHandshakeMs);
    deadline.unref();
  }

  #write(frame: Buffer): void {
    if (this.#ended || this.#stream.writableEnded) return;
    this.#sentCount += 1;
    this.#sentAtMs = this.#events.monotonicMs();
    this.#stream.write(frame);
  }

  #read(chunk: Buffer): void {
    if (this.#ended) return;
    this.#heardAtMs = this.#events.monotonicMs();
    this.#events.onHeard(this.#heardAtMs);
    this.#reader.push(chunk);
    for (;;) {
      const body = this.decode(() => this.#reader.next());
      if (body === undefined) return;
      this.#events.onFrame(body);
      // What came after the frame with which it ended was meant for another state.
      if (this.#ended || this.#stream.writableEnded) return;
    }
  }
}
