import { type Duplex, duplexPair } from 'node:stream';
import { auth } from '../../src/commands/auth.ts';
import { type Command, NO_KEYS } from '../../src/commands/command.ts';
import { createCommandTable } from '../../src/commands/command-table.ts';
import { discard } from '../../src/commands/discard.ts';
import { echo } from '../../src/commands/echo.ts';
import { exec } from '../../src/commands/exec.ts';
import { get } from '../../src/commands/get.ts';
import { hello } from '../../src/commands/hello.ts';
import { multi } from '../../src/commands/multi.ts';
import { ping } from '../../src/commands/ping.ts';
import { psubscribe } from '../../src/commands/psubscribe.ts';
import { publish } from '../../src/commands/publish.ts';
import { pubsub } from '../../src/commands/pubsub.ts';
import { punsubscribe } from '../../src/commands/punsubscribe.ts';
import { quit } from '../../src/commands/quit.ts';
import { reset } from '../../src/commands/reset.ts';
import { select } from '../../src/commands/select.ts';
import type { ServerPort } from '../../src/commands/server-port.ts';
import { set } from '../../src/commands/set.ts';
import { subscribe } from '../../src/commands/subscribe.ts';
import { unsubscribe } from '../../src/commands/unsubscribe.ts';
import { unwatch } from '../../src/commands/unwatch.ts';
import { watch } from '../../src/commands/watch.ts';
import { bulks, integer, NONE, OK, type Reply } from '../../src/resp/reply.ts';
import { Dispatcher } from '../../src/server/dispatch.ts';
import { FlushQueue } from '../../src/server/flush-queue.ts';
import { Session, type SessionServices } from '../../src/server/session.ts';
import { type SessionLimits, sessionLimits } from '../../src/server/session-limits.ts';
import type { SessionObserver } from '../../src/server/session-observer.ts';
import { SessionRegistry } from '../../src/server/session-registry.ts';
import { Subscriptions } from '../../src/server/subscriptions.ts';
import { TestRouter } from './test-router.ts';

export interface TestServerOptions {
  readonly password?: string;
  readonly limits?: Partial<SessionLimits>;
  /** Commits at the end of each turn by default; else when the test calls `commit`. */
  readonly commitByHand?: boolean;
  /** What the clock of commands says; it stands still by default. */
  readonly micros?: () => number;
}

/** Sessions, dispatch and pub/sub as the server has them, over streams in memory. */
export class TestServer {
  readonly router: TestRouter;
  readonly registry = new SessionRegistry();
  readonly subscriptions = new Subscriptions();
  readonly services: SessionServices;
  readonly events: string[] = [];
  nowMs = 1_700_000_000_000;
  turnCount = 0;
  readonly #flushQueue: FlushQueue;
  readonly #password: string;

  constructor({
    password = '',
    limits = {},
    commitByHand = false,
    micros = () => 0,
  }: TestServerOptions = {}) {
    this.#password = password;
    let requested = false;
    const requestTurnEnd = (): void => {
      if (requested) return;
      requested = true;
      setImmediate(() => {
        requested = false;
        this.turnCount += 1;
        if (!commitByHand) this.router.commit();
        this.#flushQueue.flushAll();
      });
    };
    this.#flushQueue = new FlushQueue({ requestTurnEnd });
    this.router = new TestRouter({
      onHeld: requestTurnEnd,
      deliver: (channel, message) => this.subscriptions.deliver(channel, message),
    });
    const commands = createCommandTable(allCommands);
    const server = this.#serverPort();
    this.router.serve(server, commands);
    const { router } = this;
    const observer = this.#observer();
    this.services = {
      dispatcher: new Dispatcher({ commands, router, observer, micros }),
      router,
      registry: this.registry,
      subscriptions: this.subscriptions,
      flushQueue: this.#flushQueue,
      observer,
      limits: { ...sessionLimits, ...limits },
      server,
      commands,
      wallMs: () => this.nowMs,
    };
  }

  /** Commits what is held, and lets sessions write. */
  commit(): void {
    this.router.commit();
    this.#flushQueue.flushAll();
  }

  flush(): void {
    this.#flushQueue.flushAll();
  }

  connect(): TestClient {
    const [near, far] = duplexPair();
    // As with sockets, a connection that one side gives up is over for the other side too.
    near.on('close', () => far.destroy());
    far.on('close', () => near.destroy());
    return new TestClient(far, this.accept(near));
  }

  accept(stream: Duplex): Session {
    return new Session({
      stream,
      peerAddress: '127.0.0.1:50000',
      localAddress: '127.0.0.1:7379',
      authenticated: this.#password === '',
      services: this.services,
    });
  }

  #observer(): SessionObserver {
    const note = (event: string): void => void this.events.push(event);
    return {
      sessionOpened: ({ id }) => note(`opened ${id}`),
      sessionClosed: ({ id }, reason) => note(`closed ${id}: ${reason}`),
      connectionRefused: (_peerAddress, reason) => note(`refused: ${reason}`),
      bytesReceived: () => {},
      bytesSent: () => {},
      commandDone: (_session, { name }, args, _micros, errorText) =>
        note(`done ${name} ${args.length}${errorText === undefined ? '' : `: ${errorText}`}`),
      commandRefused: (command, errorText) => note(`refused ${command?.name}: ${errorText}`),
    };
  }

  #serverPort(): ServerPort {
    return {
      redisVersion: '8.4.0',
      wallMicros: () => this.nowMs * 1_000,
      sha1Hex: () => '0'.repeat(40),
      log: () => {},
      config: { match: () => [], set: () => undefined, resetStatistics: () => {} },
      info: () => '',
      authenticate: (_user, password) => {
        if (this.#password === '') return 'unneeded';
        return password === this.#password ? 'accepted' : 'refused';
      },
      sessions: this.registry,
      subscriptions: this.subscriptions,
      slowlog: { entries: () => [], length: 0, reset: () => {} },
      shutdown: () => {},
    };
  }
}

/** The other end of a session. */
export class TestClient {
  readonly session: Session;
  readonly stream: Duplex;
  #received = '';
  #ended = false;
  #onChange: () => void = () => {};

  constructor(stream: Duplex, session: Session) {
    this.stream = stream;
    this.session = session;
    stream.on('data', (chunk: Buffer) => {
      this.#received += chunk.toString('latin1');
      this.#onChange();
    });
    stream.on('error', () => {});
    stream.on('end', () => this.#end());
    stream.on('close', () => this.#end());
  }

  /** What was received and not yet taken by `read`. */
  get received(): string {
    return this.#received;
  }

  send(bytes: string): void {
    this.stream.write(bytes, 'latin1');
  }

  /** Takes as many bytes as `expected` has once they are there, or all before the end. */
  async read(expected: string): Promise<string> {
    while (this.#received.length < expected.length && !this.#ended) await this.#change();
    const taken = this.#received.slice(0, expected.length);
    this.#received = this.#received.slice(expected.length);
    return taken;
  }

  /** Takes everything once it satisfies `enough`, or at the end. */
  async readUntil(enough: (text: string) => boolean): Promise<string> {
    while (!enough(this.#received) && !this.#ended) await this.#change();
    const taken = this.#received;
    this.#received = '';
    return taken;
  }

  /** Sends and takes the reply, whose end is found by the reply of an ECHO behind it. */
  async ask(line: string): Promise<string> {
    const mark = '$4\r\nMARK\r\n';
    this.send(`${line}\r\nECHO MARK\r\n`);
    return (await this.readUntil((text) => text.endsWith(mark))).replace(mark, '');
  }

  /** Everything until the server ends the connection. */
  async readToEnd(): Promise<string> {
    while (!this.#ended) await this.#change();
    return this.#received;
  }

  #change(): Promise<void> {
    return new Promise((resolve) => {
      this.#onChange = resolve;
    });
  }

  #end(): void {
    this.#ended = true;
    this.#onChange();
  }
}

const probe = {
  keys: NO_KEYS,
  group: 'connection',
  since: '1.0.0',
  complexity: 'O(1)',
  arguments: [],
  flags: [],
} as const;

/** A container with what the tests need of CLIENT, and commands that answer as a test likes. */
const client: Command = {
  ...probe,
  name: 'client',
  arity: -2,
  summary: 'Tells about sessions.',
  runs: 'container',
  subcommands: [
    {
      ...probe,
      name: 'client|id',
      arity: 2,
      summary: 'Returns the id.',
      runs: 'session',
      execute: ({ session }) => integer(session.id),
    },
    {
      ...probe,
      name: 'client|reply',
      arity: 3,
      summary: 'Sets whether replies are written.',
      arguments: [{ name: 'mode', type: 'string' }],
      runs: 'session',
      execute: ({ session }, args): Reply => {
        const [, , mode] = args;
        session.replyMode = mode === 'skip' ? 'skip-next' : mode === 'off' ? 'off' : 'on';
        return mode === 'on' ? OK : NONE;
      },
    },
    {
      ...probe,
      name: 'client|kill',
      arity: 3,
      summary: 'Ends a session.',
      runs: 'session',
      execute: ({ server }, args): Reply => {
        server.sessions.find(Number(args[2]))?.destroy();
        return OK;
      },
    },
  ],
};

/** Answers with a nested reply of about this many bytes, through the router. */
const fill: Command = {
  ...probe,
  name: 'fill',
  arity: 2,
  summary: 'Answers with many bytes.',
  runs: 'keys',
  execute: (_context, args) =>
    bulks(Array.from({ length: 4 }, () => 'x'.repeat(Number(args[1]) / 4))),
};

const alone: Command = {
  ...probe,
  name: 'alone',
  arity: 1,
  flags: ['no_multi'],
  summary: 'Is not allowed in a transaction.',
  runs: 'session',
  execute: () => OK,
};

const allCommands: readonly Command[] = [
  ...[auth, hello, ping, echo, quit, reset, select, client, alone, fill, get, set],
  ...[multi, exec, discard, watch, unwatch],
  ...[subscribe, unsubscribe, psubscribe, punsubscribe, publish, pubsub],
];
