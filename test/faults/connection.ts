import { connect, type Socket } from 'node:net';
import RedisParser from 'redis-parser';
import { requestOf } from '../../bench/requests.ts';

/** A reply as RESP2 carries it; an error reply is an `Error` here, not a rejection. */
export type PlainReply = string | number | null | Error | readonly PlainReply[];

/**
 * One plain connection: each request is written at once, replies are matched in their order, and
 * when the connection ends, whatever waits is rejected. Nothing is ever sent again.
 */
export class Connection {
  readonly #socket: Socket;
  #waiting: Waiting[] = [];
  #endedBy: Error | undefined;

  private constructor(socket: Socket) {
    this.#socket = socket;
    const parser = new RedisParser({
      returnReply: (reply) => this.#settle(reply),
      returnError: (error) => this.#settle(error),
      returnFatalError: (error) => this.#end(error),
    });
    socket.on('data', (chunk) => parser.execute(chunk));
    socket.on('error', (error) => this.#end(error));
    socket.on('close', () => this.#end(new Error('the connection ended')));
  }

  static async open(port: number): Promise<Connection> {
    const socket = connect({ host: '127.0.0.1', port, noDelay: true });
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve);
      socket.once('error', reject);
    });
    return new Connection(socket);
  }

  /** Rejects if the connection ends first: nobody knows then whether it took effect. */
  async send(...args: readonly string[]): Promise<PlainReply> {
    return await new Promise((resolve, reject) => {
      if (this.#endedBy !== undefined) {
        reject(this.#endedBy);
        return;
      }
      this.#waiting.push({ resolve, reject });
      this.#socket.write(requestOf(args), 'latin1');
    });
  }

  /** Requests in one write, replies in their order. */
  async sendAll(requests: readonly (readonly string[])[]): Promise<readonly PlainReply[]> {
    this.#socket.cork();
    const replies = requests.map((args) => this.send(...args));
    this.#socket.uncork();
    return await Promise.all(replies);
  }

  close(): void {
    this.#socket.destroy();
  }

  /** `as`: without options for buffers and big numbers, redis-parser makes nothing but these. */
  #settle(reply: unknown): void {
    this.#waiting.shift()?.resolve(reply as PlainReply);
  }

  #end(reason: Error): void {
    this.#endedBy ??= reason;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const { reject } of waiting) reject(reason);
    this.#socket.destroy();
  }
}

interface Waiting {
  readonly resolve: (reply: PlainReply) => void;
  readonly reject: (reason: Error) => void;
}
