import { connect, type Socket } from 'node:net';
import RedisParser from 'redis-parser';
import { requestOf } from '../bench/requests.ts';
import type { PlainReply } from '../test/faults/connection.ts';

/** A request whose reply did not come: whether it took effect is not known. */
export class NoReply extends Error {
  readonly kind: 'ended' | 'late';

  constructor(kind: 'ended' | 'late') {
    super(kind === 'late' ? 'no reply came in time' : 'the connection ended');
    this.kind = kind;
  }
}

export interface ConnectionPlace {
  readonly host: string;
  readonly port: number;
}

interface Waiting {
  readonly resolve: (reply: PlainReply) => void;
  readonly reject: (reason: NoReply) => void;
}

/**
 * One plain connection of a client that does not wait for ever: a reply that is late ends the
 * connection, because what comes later could no longer be told apart. Nothing is sent again.
 */
export class ClientConnection {
  readonly #socket: Socket;
  #waiting: Waiting[] = [];
  #endedBy: NoReply | undefined;

  private constructor(socket: Socket) {
    this.#socket = socket;
    const parser = new RedisParser({
      returnReply: (reply) => this.#settle(reply),
      returnError: (error) => this.#settle(error),
      returnFatalError: () => this.#end('ended'),
    });
    socket.on('data', (chunk) => parser.execute(chunk));
    socket.on('error', () => this.#end('ended'));
    socket.on('close', () => this.#end('ended'));
  }

  /** @returns undefined if there is no connection within `waitMs` */
  static async open(
    { host, port }: ConnectionPlace,
    waitMs: number,
  ): Promise<ClientConnection | undefined> {
    const socket = connect({ host, port, noDelay: true });
    const isOpen = await new Promise<boolean>((resolve) => {
      const timer = setTimeout(() => resolve(false), waitMs);
      const settle = (opened: boolean): void => {
        clearTimeout(timer);
        resolve(opened);
      };
      socket.once('connect', () => settle(true));
      socket.once('error', () => settle(false));
    });
    if (isOpen) return new ClientConnection(socket);
    // An error that comes after the deadline concerns nobody any more.
    socket.on('error', () => {});
    socket.destroy();
    return undefined;
  }

  get isOpen(): boolean {
    return this.#endedBy === undefined;
  }

  /** @throws NoReply if the connection ends first or `waitMs` pass */
  async send(args: readonly string[], waitMs: number): Promise<PlainReply> {
    if (this.#endedBy !== undefined) throw this.#endedBy;
    const timer = setTimeout(() => this.#end('late'), waitMs);
    try {
      return await new Promise<PlainReply>((resolve, reject) => {
        this.#waiting.push({ resolve, reject });
        this.#socket.write(requestOf(args), 'latin1');
      });
    } finally {
      clearTimeout(timer);
    }
  }

  close(): void {
    this.#end('ended');
  }

  /** `as`: without options for buffers and big numbers, redis-parser makes nothing but these. */
  #settle(reply: unknown): void {
    this.#waiting.shift()?.resolve(reply as PlainReply);
  }

  #end(kind: 'ended' | 'late'): void {
    const reason = new NoReply(kind);
    this.#endedBy ??= reason;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const { reject } of waiting) reject(reason);
    this.#socket.destroy();
  }
}
