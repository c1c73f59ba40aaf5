import { connect, type Socket } from 'node:net';
import type { Endpoint } from '../lock-client.ts';

/*
 * A connection that sends exactly what it is told, many commands in one write, and returns the
 * server's bytes as they came: for conversations whose every byte matters.
 */

export type Word = string | Buffer;

export class RawConnection {
  readonly #socket: Socket;
  #received = '';
  #wake: () => void = () => undefined;
  #markers = 0;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', (chunk) => {
      this.#received += chunk.toString('latin1');
      this.#wake();
    });
    socket.on('close', () => this.#wake());
  }

  static open({ host, port }: Endpoint): Promise<RawConnection> {
    return new Promise((resolve, reject) => {
      const socket = connect({ host, port });
      socket.once('error', reject);
      socket.once('connect', () => resolve(new RawConnection(socket)));
    });
  }

  /** The bytes of all replies, as byte characters, to commands sent in one write. */
  async converse(...commands: readonly (readonly Word[])[]): Promise<string> {
    // One more command, whose reply is the end of all others.
    this.#markers += 1;
    const marker = `end-of-replies-${this.#markers}`;
    const requests = [...commands, ['ECHO', marker]].map(encodeRequest);
    this.#socket.write(Buffer.concat(requests));
    return await this.#readUntil(`$${marker.length}\r\n${marker}\r\n`);
  }

  /** For replies to a subscriber, whose commands are few: the bytes up to and with `end`. */
  async sendAndRead(command: readonly Word[], end: string): Promise<string> {
    this.#socket.write(encodeRequest(command));
    return (await this.#readUntil(end)) + end;
  }

  close(): void {
    this.#socket.destroy();
  }

  async #readUntil(end: string): Promise<string> {
    while (!this.#received.includes(end)) {
      if (this.#socket.closed) {
        throw new Error(`the server closed the connection after ${this.#received}`);
      }
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    const at = this.#received.indexOf(end);
    const before = this.#received.slice(0, at);
    this.#received = this.#received.slice(at + end.length);
    return before;
  }
}

function encodeRequest(words: readonly Word[]): Buffer {
  const parts = words.map((word) => {
    const bytes = typeof word === 'string' ? Buffer.from(word, 'latin1') : word;
    return Buffer.concat([Buffer.from(`$${bytes.length}\r\n`), bytes, Buffer.from('\r\n')]);
  });
  return Buffer.concat([Buffer.from(`*${words.length}\r\n`), ...parts]);
}
