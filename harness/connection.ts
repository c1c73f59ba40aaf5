import { connect, type Socket } from 'node:net';
import RedisParser from 'redis-parser';
import { requestOf } from './request.ts';

/** A reply as RESP2 carries it; an error reply is an `Error` here, not a rejection. */
export type PlainReply = string | number | null | Error | readonly PlainReply[];

/** Where a server takes the connections of clients. */
export interface ClientPlace {
  /** Absent: loopback. */
  readonly host?: string;
  readonly port: number;
}

/** A request whose reply did not come: whether it took effect is not known. */
export class NoReply extends Error {
  readonly kind: 'ended' | 'late';

  constructor(kind: 'ended' | 'late') {
    super(kind === 'late' ? 'no reply came in time' : 'the connection ended');
    this.kind = kind;
  }
}

interface Waiting {
  readonly resolve: (reply: PlainReply) => void;
  readonly reject: (reason: NoReply) => void;
}

const openMsMax = 30_000;

/**
 * One plain connection: each request is written at once, replies are matched in their order, and
 * when the connection ends, whatever waits is rejected. A reply that is late, for who does not
 * wait for ever, ends the connection, because what comes later could no longer be told apart.
 * Nothing is ever sent again.
 */
export class Connection {
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

  /** @throws Error if nobody takes the connection */
  static async open(port: number): Promise<Connection> {
    const connection = await Connection.tryOpen({ port }, openMsMax);
    if (connection === undefined) throw new Error(`no connection to port ${port}`);
    return connection;
  }

  /** @returns undefined if there is no connection within `waitMs` */
  static async tryOpen(
    { host = '127.0.0.1', port }: ClientPlace,
    waitMs: number,
  ): Promise<Connection | undefined> {
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
    if (isOpen) return new Connection(socket);
    // An error that comes after the deadline concerns nobody any more.
    socket.on('error', () => {});
    socket.destroy();
    return undefined;
  }

  get isOpen(): boolean {
    return this.#endedBy === undefined;
  }

  /** @throws NoReply if the connection ends first */
  async send(...args: readonly string[]): Promise<PlainReply> {
    if (this.#endedBy !== undefined) throw this.#endedBy;
    return await new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      this.#socket.write(requestOf(args), 'latin1');
    });
  }

  /** @throws NoReply if the connection ends first or `waitMs` pass */
  async ask(args: readonly string[], waitMs: number): Promise<PlainReply> {
    const timer = setTimeout(() => this.#end('late'), waitMs);
    try {
      return await this.send(...args);
    } finally {
      clearTimeout(timer);
    }
  }

  /** Requests in one write, replies in their order. */
  async sendAll(requests: readonly (readonly string[])[]): Promise<readonly PlainReply[]> {
    this.#socket.cork();
    const replies = requests.map((args) => this.send(...args));
    this.#socket.uncork();
    return await Promise.all(replies);
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

/** The reply to one command over a connection of its own; undefined if none came in time. */
export async function askOnce(
  place: ClientPlace,
  args: readonly string[],
  waitMs: number,
): Promise<PlainReply | undefined> {
  const connection = await Connection.tryOpen(place, waitMs);
  try {
    return await connection?.ask(args, waitMs);
  } catch (failure) {
    if (!(failure instanceof NoReply)) throw failure;
    return undefined;
  } finally {
    connection?.close();
  }
}
