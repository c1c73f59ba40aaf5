import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { FrameReader, frameOf } from '../../src/transport/frame.ts';
import { DiallerHandshake, type HandshakeStep } from '../../src/transport/handshake.ts';
import type { PeerHost } from '../../src/transport/peer-host.ts';
import { helloOf, secret } from './transport-node.ts';

/** A connection to a peer port on which a test writes what it likes. */
export class Stranger {
  readonly #socket: Socket;
  readonly #chunks: Buffer[] = [];
  readonly #reader = new FrameReader(1024 * 1024);
  readonly #closed: Promise<void>;
  #sentCount = 0;

  private constructor(socket: Socket) {
    this.#socket = socket;
    this.#closed = new Promise((resolve) => socket.once('close', () => resolve()));
    // A reset is one way to be turned away.
    socket.on('error', () => {});
    socket.on('data', (chunk: Buffer) => {
      this.#chunks.push(chunk);
      this.#reader.push(chunk);
    });
  }

  static async connect({ host, port }: PeerHost): Promise<Stranger> {
    const socket = connect({ host, port });
    await once(socket, 'connect');
    return new Stranger(socket);
  }

  /** Connects and shakes hands as a node that knows the secret. */
  static async linked(address: PeerHost, nodeId: number): Promise<Stranger> {
    const stranger = await Stranger.connect(address);
    const handshake = new DiallerHandshake({
      secret,
      hello: helloOf(nodeId),
      instance: 'a test',
      nonce: Buffer.alloc(32, 'n'),
    });
    stranger.sendFrame(handshake.start());
    const greeted = handshake.receive(await stranger.frame());
    stranger.sendFrame(sentBy(greeted));
    const welcomed = handshake.receive(await stranger.frame());
    if (welcomed.kind !== 'done') throw new Error(`the handshake ended with ${welcomed.kind}`);
    return stranger;
  }

  get receivedBytes(): number {
    return this.#chunks.reduce((count, { length }) => count + length, 0);
  }

  write(bytes: string | Buffer): void {
    this.#socket.write(bytes);
  }

  sendFrame(body: Buffer): void {
    this.write(frameOf(body, this.#sentCount));
    this.#sentCount += 1;
  }

  /** The body of the next frame that came. */
  async frame(): Promise<Buffer> {
    for (;;) {
      const body = this.#reader.next();
      if (body !== undefined) return body;
      await once(this.#socket, 'data');
    }
  }

  /** Resolves when the other side has ended the connection. */
  async ended(): Promise<void> {
    await this.#closed;
  }

  leave(): void {
    this.#socket.destroy();
  }
}

function sentBy(step: HandshakeStep): Buffer {
  if (step.kind !== 'answer') throw new Error(`${step.kind} instead of an answer`);
  return step.send;
}
