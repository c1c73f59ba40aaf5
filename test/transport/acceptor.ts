import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { FrameReader, frameOf } from '../../src/transport/frame.ts';
import { AcceptorHandshake } from '../../src/transport/handshake.ts';
import { peerAddressText } from '../../src/transport/peer-host.ts';
import { helloOf, secret } from './transport-node.ts';

/** A peer that does the handshake as it should and then only what the test says. */
export class Acceptor {
  readonly bodies: Buffer[] = [];
  connectionCount = 0;
  readonly #server: Server;
  readonly #handshakes: boolean;
  #socket: Socket | undefined;
  #sentCount = 0;
  #onChange = (): void => {};

  private constructor(server: Server, handshakes: boolean) {
    this.#server = server;
    this.#handshakes = handshakes;
    server.on('connection', (socket) => this.#accept(socket));
  }

  /** @param handshakes whether it answers a handshake at all */
  static async open({ handshakes }: { readonly handshakes: boolean }): Promise<Acceptor> {
    const server = createServer();
    server.listen({ host: '127.0.0.1', port: 0 });
    await once(server, 'listening');
    return new Acceptor(server, handshakes);
  }

  get address(): string {
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('a port is listened on');
    return peerAddressText({ host: '127.0.0.1', port: address.port });
  }

  /** Bytes of the bodies of all frames that came after the handshake. */
  get bodyBytes(): number {
    return this.bodies.reduce((count, { length }) => count + length, 0);
  }

  async until(wanted: () => boolean): Promise<void> {
    while (!wanted()) {
      await new Promise<void>((resolve) => {
        this.#onChange = resolve;
      });
    }
  }

  sendFrame(body: Buffer): void {
    this.write(frameOf(body, this.#sentCount));
    this.#sentCount += 1;
  }

  write(bytes: string | Buffer): void {
    this.#socket?.write(bytes);
  }

  async close(): Promise<void> {
    this.#socket?.destroy();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  #accept(socket: Socket): void {
    this.#socket = socket;
    this.#sentCount = 0;
    this.connectionCount += 1;
    const reader = new FrameReader(1024 * 1024);
    const nonce = Buffer.alloc(32, 'a');
    const options = { secret, hello: helloOf(2), instance: 'acceptor', nonce };
    const handshake = new AcceptorHandshake({ ...options, judge: () => undefined });
    let done = false;
    socket.on('error', () => {});
    socket.on('data', (chunk: Buffer) => {
      reader.push(chunk);
      for (let body = reader.next(); body !== undefined; body = reader.next()) {
        if (done) {
          this.bodies.push(body);
          continue;
        }
        if (!this.#handshakes) continue;
        const step = handshake.receive(body);
        if (step.kind !== 'garbage' && step.send !== undefined) this.sendFrame(step.send);
        done = step.kind === 'done';
      }
      this.#onChange();
    });
    this.#onChange();
  }
}
