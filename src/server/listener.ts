import { createServer, type Server, type Socket } from 'node:net';
import { FencepostError } from '../base/errors.ts';
import { type ErrorReply, error } from '../resp/reply.ts';
import { encodeReply } from '../resp/reply-encoder.ts';
import { Session, type SessionServices } from './session.ts';
import { adoptSocket } from './socket-adoption.ts';

/** Options that may change while the server runs (CONFIG SET): read whenever they matter. */
export interface ListenerSettings {
  readonly maxClients: number;
  /** Seconds after which an idle session is closed; 0: never. */
  readonly timeoutSeconds: number;
  readonly keepAliveSeconds: number;
  readonly protectedMode: boolean;
  readonly passwordRequired: boolean;
}

export interface ListenerOptions {
  /** Addresses or names; `*` is every IPv4 address. One with `-` in front may be unavailable. */
  readonly hosts: readonly string[];
  /** 0 lets the system choose one, the same for every host. */
  readonly port: number;
  readonly settings: ListenerSettings;
  readonly services: SessionServices;
}

export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

const TOO_MANY_CLIENTS = error('ERR max number of clients reached');
const DENIED = error(
  'DENIED This server has no password and protected mode is on, so it serves only connections ' +
    'from its own machine. Set a password (requirepass), or turn protected-mode off if nobody ' +
    'else can reach this port, and connect again.',
);

/** How often idle sessions are looked for; Redis does so about as often. */
const sweepMs = 1_000;
const backlog = 511;

/** Accepts connections and makes sessions of them. */
export class Listener {
  readonly addresses: readonly ListenAddress[];
  readonly #servers: readonly Server[];
  readonly #options: ListenerOptions;
  readonly #timer: NodeJS.Timeout;

  /**
   * Listens on every host.
   *
   * @throws FencepostError with `ADDRESS_IN_USE` or `ADDRESS_UNAVAILABLE`
   */
  static async open(options: ListenerOptions): Promise<Listener> {
    return new Listener(options, await listenAll(options));
  }

  /**
   * Whether `open` would succeed now. Whoever connects meanwhile is turned away.
   *
   * @throws FencepostError as `open`
   */
  static async check(addresses: Pick<ListenerOptions, 'hosts' | 'port'>): Promise<void> {
    await Promise.all((await listenAll(addresses)).map(closed));
  }

  private constructor(options: ListenerOptions, servers: readonly Server[]) {
    this.#options = options;
    this.#servers = servers;
    this.addresses = servers.map(addressOf);
    for (const server of servers) {
      server.removeAllListeners('connection');
      server.on('connection', (socket) => this.#accept(socket));
    }
    this.#timer = setInterval(() => this.#sweep(), sweepMs);
    this.#timer.unref();
  }

  /**
   * Stops: takes no new connection and no new request, lets every session write the replies that
   * it is owed, and closes it.
   *
   * @param graceMs after this long, sessions that are still there are closed as they are
   */
  async stop(graceMs: number): Promise<void> {
    const { registry } = this.#options.services;
    const serversClosed = this.#servers.map(closed);
    const empty = new Promise<void>((resolve) => registry.onEmpty(resolve));
    for (const session of registry.all()) session.closeAfterReply();
    const deadline = setTimeout(() => {
      for (const session of registry.all()) session.close('the server stops');
    }, graceMs);
    await empty;
    clearTimeout(deadline);
    clearInterval(this.#timer);
    await Promise.all(serversClosed);
  }

  #accept(socket: Socket): void {
    const { services, settings } = this.#options;
    const { remoteAddress } = socket;
    // It was gone before it was accepted.
    if (remoteAddress === undefined) return void socket.destroy();
    const peerAddress = textOf(remoteAddress, socket.remotePort);
    if (settings.protectedMode && !settings.passwordRequired && !isLoopback(remoteAddress)) {
      services.observer.connectionRefused(peerAddress, 'protected mode');
      return refuse(socket, DENIED);
    }
    if (services.registry.size >= settings.maxClients) {
      services.observer.connectionRefused(peerAddress, 'maxclients');
      return refuse(socket, TOO_MANY_CLIENTS);
    }
    const { keepAliveSeconds } = settings;
    if (keepAliveSeconds > 0) socket.setKeepAlive(true, keepAliveSeconds * 1000);
    const localAddress = textOf(socket.localAddress ?? '', socket.localPort);
    const stream = adoptSocket(socket, (buffer, length) => session.read(buffer, length));
    const session = new Session({
      stream,
      peerAddress,
      localAddress,
      authenticated: !settings.passwordRequired,
      services,
    });
  }

  #sweep(): void {
    const { services, settings } = this.#options;
    services.registry.sweep(services.wallMs(), settings.timeoutSeconds * 1000);
  }
}

/** Listens on every host; connections end at once until somebody else takes them. */
async function listenAll({
  hosts,
  port: asked,
}: Pick<ListenerOptions, 'hosts' | 'port'>): Promise<readonly Server[]> {
  const servers: Server[] = [];
  let port = asked;
  try {
    for (const host of hosts) {
      const server = await maybeListen(host, port, hosts.length > 1);
      if (server === undefined) continue;
      servers.push(server);
      port = addressOf(server).port;
    }
    if (servers.length === 0) {
      const what = `no address to listen on: ${hosts.join(' ')}`;
      throw new FencepostError('ADDRESS_UNAVAILABLE', what);
    }
    return servers;
  } catch (failure) {
    await Promise.all(servers.map(closed));
    throw failure;
  }
}

/**
 * Listens; undefined if the address is not available and need not be.
 *
 * @param ipv6Only whether `::` leaves IPv4 alone, as it must beside an address of IPv4
 */
async function maybeListen(
  host: string,
  port: number,
  ipv6Only: boolean,
): Promise<Server | undefined> {
  const optional = host.startsWith('-');
  const name = optional ? host.slice(1) : host;
  const server = createServer({ allowHalfOpen: true, noDelay: true });
  server.on('connection', (socket) => socket.destroy());
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      const address = name === '*' ? '0.0.0.0' : name;
      server.listen({ host: address, port, ipv6Only, backlog }, resolve);
    });
    server.removeAllListeners('error');
    // Accepting can fail for a while (no file descriptors left); the connection is lost, not more.
    server.on('error', () => {});
    return server;
  } catch (failure) {
    const inUse = failure instanceof Error && 'code' in failure && failure.code === 'EADDRINUSE';
    if (inUse) {
      throw new FencepostError(
        'ADDRESS_IN_USE',
        `another process listens on ${name}:${port}`,
        failure,
      );
    }
    if (optional) return undefined;
    const reason = failure instanceof Error ? failure.message : String(failure);
    throw new FencepostError(
      'ADDRESS_UNAVAILABLE',
      `cannot listen on ${name}:${port} (${reason})`,
      failure,
    );
  }
}

function refuse(socket: Socket, reply: ErrorReply): void {
  socket.on('error', () => socket.destroy());
  socket.end(encodeReply(reply, 2), 'latin1', () => socket.destroy());
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()));
}

function addressOf(server: Server): ListenAddress {
  const address = server.address();
  if (address === null || typeof address === 'string') return { host: '', port: 0 };
  return { host: address.address, port: address.port };
}

/** An address as CLIENT LIST shows it. */
function textOf(address: string, port: number | undefined): string {
  return `${address.includes(':') ? `[${address}]` : address}:${port ?? 0}`;
}

function isLoopback(address: string): boolean {
  const ip4 = address.startsWith('::ffff:') ? address.slice('::ffff:'.length) : address;
  return ip4.startsWith('127.') || address === '::1';
}
