import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { ByteString } from '../src/base/byte-string.ts';
import { requestOf } from './request.ts';

/**
 * A raw connection: requests go out as they are, and replies come back as the
 * very bytes that were sent, so that a comparison sees everything a client sees.
 */
export class RawConnection {
  readonly #socket: Socket;
  #received: ByteString = '';
  #wanted = 0;
  #replies: ByteString[] = [];
  #resolve: (replies: readonly ByteString[]) => void = () => {};
  #reject: (reason: Error) => void = () => {};

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.setEncoding('latin1');
    socket.on('data', (chunk: string) => this.#take(chunk));
    socket.on('error', (error) => this.#reject(error));
    socket.on('close', () => this.#reject(new Error('the server closed the connection')));
  }

  static async open(port: number): Promise<RawConnection> {
    const socket = connect({ host: '127.0.0.1', port });
    await once(socket, 'connect');
    return new RawConnection(socket);
  }

  /** Sends the requests in one piece and returns the bytes of one reply each. */
  async ask(requests: readonly (readonly ByteString[])[]): Promise<readonly ByteString[]> {
    this.#wanted = requests.length;
    this.#replies = [];
    const answered = new Promise<readonly ByteString[]>((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    this.#socket.write(requests.map(requestOf).join(''), 'latin1');
    return await answered;
  }

  async askOne(...request: ByteString[]): Promise<ByteString> {
    const [reply = ''] = await this.ask([request]);
    return reply;
  }

  close(): void {
    this.#socket.destroy();
  }

  #take(chunk: string): void {
    this.#received += chunk;
    let start = 0;
    while (this.#replies.length < this.#wanted) {
      const end = replyEnd(this.#received, start);
      if (end === undefined) break;
      this.#replies.push(this.#received.slice(start, end));
      start = end;
    }
    this.#received = this.#received.slice(start);
    if (this.#replies.length === this.#wanted) this.#resolve(this.#replies);
  }
}

/** Where the reply that begins at `start` ends; undefined if not all of it is there. */
export function replyEnd(text: ByteString, start: number): number | undefined {
  const lineEnd = text.indexOf('\r\n', start);
  if (lineEnd === -1) return undefined;
  const mark = text[start] ?? '';
  const count = Number(text.slice(start + 1, lineEnd));
  const behindLine = lineEnd + 2;
  if ('$=!'.includes(mark)) {
    if (count < 0) return behindLine;
    const end = behindLine + count + 2;
    return end <= text.length ? end : undefined;
  }
  if (!'*%~>'.includes(mark)) return behindLine;
  let end: number | undefined = behindLine;
  for (let item = 0; item < (mark === '%' ? 2 * count : count); item += 1) {
    end = replyEnd(text, end);
    if (end === undefined) return undefined;
  }
  return end;
}

/** The bytes of the items of an array. */
export function replyItems(reply: ByteString): readonly ByteString[] {
  const items: ByteString[] = [];
  let at = reply.indexOf('\r\n') + 2;
  while (at < reply.length) {
    const end = replyEnd(reply, at) ?? reply.length;
    items.push(reply.slice(at, end));
    at = end;
  }
  return items;
}

/** The items of an array in order, for replies that have none. */
export function sortedItems(reply: ByteString): readonly ByteString[] {
  return [...replyItems(reply)].sort();
}
