import type { Duplex } from 'node:stream';
import type { ByteString } from '../base/byte-string.ts';
import type { SessionContext } from '../commands/context.ts';
import {
  type QueuedCommand,
  type SessionPort,
  subscriptionCount,
  type Transaction,
  type WatchedKey,
} from '../commands/session-port.ts';
import { Outcome } from '../partition/outcome.ts';
import type { RouterPort } from '../partition/router-port.ts';
import { error, NONE, type Reply } from '../resp/reply.ts';
import { RequestParser, type Violation } from '../resp/request-parser.ts';
import type { Dispatcher, Requester } from './dispatch.ts';
import type { Flushable, FlushQueue } from './flush-queue.ts';
import { SessionOutput } from './output.ts';
import type { SessionLimits } from './session-limits.ts';
import type { CloseReason, SessionObserver } from './session-observer.ts';
import type { SessionRegistry } from './session-registry.ts';
import type { Subscriptions } from './subscriptions.ts';

/** What all sessions of a process share. */
export interface SessionServices {
  readonly dispatcher: Dispatcher;
  readonly router: RouterPort;
  readonly registry: SessionRegistry;
  readonly subscriptions: Subscriptions;
  readonly flushQueue: FlushQueue;
  readonly observer: SessionObserver;
  readonly limits: SessionLimits;
  /** What commands see beside their session. */
  readonly server: SessionContext['server'];
  readonly commands: SessionContext['commands'];
  /** The wall clock in ms since 1970. */
  readonly wallMs: () => number;
}

export interface SessionOptions {
  readonly stream: Duplex;
  readonly peerAddress: string;
  readonly localAddress: string;
  /** Whether no password is needed. */
  readonly authenticated: boolean;
  readonly services: SessionServices;
}

/**
 * One client connection: its bytes become requests, which run in their order, and its replies go
 * out in the same order, once a turn.
 *
 * A session never takes more than its share: after `requestsPerTurnMax` requests, or while its
 * peer does not read, or while too many replies wait for the log, it stops reading from the
 * socket and goes on in a later turn.
 */
export class Session implements Requester, Flushable {
  readonly id: number;
  readonly peerAddress: string;
  readonly localAddress: string;
  readonly connectedAtMs: number;
  readonly context: SessionContext;
  lastActiveAtMs: number;
  lastCommandName = '';
  db = 0;
  name: ByteString = '';
  clientLibraryName: ByteString = '';
  clientLibraryVersion: ByteString = '';
  noEvict = false;
  noTouch = false;
  replyMode: SessionPort['replyMode'] = 'on';
  transaction: Transaction | undefined;
  readonly watchedKeys: WatchedKey[] = [];
  readonly channels = new Set<ByteString>();
  readonly patterns = new Set<ByteString>();
  /** The wall time in ms at which it began to close; 0 before. */
  closingSinceMs = 0;
  readonly #services: SessionServices;
  readonly #stream: Duplex;
  readonly #parser: RequestParser;
  readonly #output: SessionOutput;
  #state: 'open' | 'closing' | 'ended' | 'closed' = 'open';
  #authenticated: boolean;
  #outcome: Outcome | undefined;
  #marked = false;
  /** Whether the socket is not read because requests are left over. */
  #paused = false;
  #continues = false;
  #inputEnded = false;

  constructor({ stream, services, ...options }: SessionOptions) {
    const { limits, observer } = services;
    this.id = services.registry.nextId();
    this.peerAddress = options.peerAddress;
    this.localAddress = options.localAddress;
    this.connectedAtMs = services.wallMs();
    this.lastActiveAtMs = this.connectedAtMs;
    this.context = { session: this, server: services.server, commands: services.commands };
    this.#services = services;
    this.#stream = stream;
    this.#authenticated = options.authenticated;
    this.#parser = new RequestParser(this.#parserLimits());
    this.#output = new SessionOutput({
      stream,
      limits,
      onWritable: () => this.#mark(),
      onWritten: (bytes) => observer.bytesSent(bytes),
    });
    services.registry.add(this);
    observer.sessionOpened(this);
    stream.on('data', (chunk: Buffer) => this.read(chunk, chunk.length));
    stream.on('end', () => this.#endInput());
    stream.on('error', () => this.close('connection failed'));
    stream.on('close', () => this.close('closed by the client'));
  }

  get authenticated(): boolean {
    return this.#authenticated;
  }

  set authenticated(authenticated: boolean) {
    this.#authenticated = authenticated;
    this.#parser.limits = this.#parserLimits();
  }

  get protocol(): 2 | 3 {
    return this.#output.protocol;
  }

  set protocol(protocol: 2 | 3) {
    this.#output.protocol = protocol;
  }

  get queryBytes(): number {
    return this.#parser.pendingBytes;
  }

  get outputBytes(): number {
    return this.#output.bytes;
  }

  get subscribed(): boolean {
    return subscriptionCount(this) > 0;
  }

  get closing(): boolean {
    return this.#state !== 'open';
  }

  executeTransaction(queue: readonly QueuedCommand[]): Reply {
    this.#outcome = this.#services.router.executeTransaction(this, queue);
    return NONE;
  }

  watch(keys: readonly ByteString[]): Reply {
    this.#outcome = this.#services.router.watch(this, keys);
    return NONE;
  }

  deferReply(): (reply: Reply) => void {
    const outcome = new Outcome(NONE, 1);
    this.#outcome = outcome;
    return (reply) => outcome.replace(reply);
  }

  unwatch(): void {
    if (this.watchedKeys.length > 0) this.#services.router.unwatch(this);
  }

  takeOutcome(): Outcome | undefined {
    const outcome = this.#outcome;
    this.#outcome = undefined;
    return outcome;
  }

  answer(reply: Reply): void {
    if (this.replyMode === 'on') return this.#output.add(reply);
    // Confirmations of subscriptions are messages, which CLIENT REPLY does not stop.
    if (reply.kind === 'several') this.#output.add(reply);
  }

  answerLater(outcome: Outcome): void {
    if (this.replyMode === 'on') this.#output.addOutcome(outcome);
  }

  push(reply: Reply): void {
    if (this.#state === 'open') this.#output.add(reply);
  }

  closeAfterReply(): void {
    if (this.#state !== 'open') return;
    this.#state = 'closing';
    this.closingSinceMs = this.#services.wallMs();
    this.#mark();
  }

  destroy(): void {
    this.close('closed by a command');
  }

  /** Ends the session now, whatever it still waits for. Does nothing the second time. */
  close(reason: CloseReason): void {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    const { registry, observer } = this.#services;
    this.#letGo();
    registry.remove(this);
    this.#stream.destroy();
    observer.sessionClosed(this, reason);
  }

  flush(): void {
    this.#marked = false;
    if (this.#state === 'closed') return;
    this.#output.flush();
    if (this.#output.overflowed) return this.close('too many bytes of replies');
    if (this.#state === 'closing') this.#maybeEnd();
    else if (this.#paused && !this.#output.congested) this.#continueNextTurn();
  }

  continueRequests(): void {
    this.#continues = false;
    this.#runRequests();
    if (this.#state === 'open' && this.#paused && !this.#continues && !this.#output.congested) {
      this.#resume();
    }
  }

  /** Takes in the first `length` bytes of `buffer`, which may change after the call. */
  read(buffer: Buffer, length: number): void {
    const { limits, observer, wallMs } = this.#services;
    observer.bytesReceived(length);
    if (this.#state !== 'open') return;
    this.lastActiveAtMs = wallMs();
    this.#parser.feed(buffer, length);
    if (!this.#paused) this.#runRequests();
    this.#parser.keepRest();
    const pendingBytesMax = this.#authenticated
      ? limits.queryBytesMax
      : limits.unauthenticatedQueryBytesMax;
    if (this.#parser.pendingBytes > pendingBytesMax) this.close('too many bytes of requests');
  }

  /** Runs requests until there is none, or this session has to wait. */
  #runRequests(): void {
    const parser = this.#parser;
    const { dispatcher, limits, router } = this.#services;
    let count = 0;
    dispatcher.beginRequests();
    while (this.#state === 'open') {
      if (this.#output.congested) return this.#pause();
      if (count === limits.requestsPerTurnMax || dispatcher.tookLong || router.full) {
        this.#pause();
        return this.#continueNextTurn();
      }
      const args = parser.next();
      if (args === undefined) {
        if (parser.violation !== undefined) this.#refuseBytes(parser.violation);
        else if (this.#inputEnded) this.closeAfterReply();
        return;
      }
      dispatcher.dispatch(this, args);
      if (this.replyMode !== 'on') this.#endSkip();
      count += 1;
    }
    // A transaction may have closed its own session and gone on.
    if (this.#state === 'closed') this.#letGo();
  }

  /** Whatever others keep for this session, or it keeps for its peer. */
  #letGo(): void {
    this.transaction = undefined;
    this.unwatch();
    this.#services.subscriptions.removeAll(this);
    this.#output.clear();
  }

  /** CLIENT REPLY SKIP suppresses the reply of exactly one command, the next one. */
  #endSkip(): void {
    if (this.replyMode === 'skip') this.replyMode = 'on';
    else if (this.replyMode === 'skip-next') this.replyMode = 'skip';
  }

  #refuseBytes(violation: Violation): void {
    if (violation.kind === 'foreign') {
      return this.close(`${violation.protocol} bytes on the port`);
    }
    this.answer(error(violation.text));
    this.closeAfterReply();
  }

  /** The peer sends no more: what it sent is still answered. */
  #endInput(): void {
    this.#inputEnded = true;
    if (this.#state === 'open' && !this.#paused) this.closeAfterReply();
  }

  #maybeEnd(): void {
    if (!this.#output.empty) return;
    this.#state = 'ended';
    this.#stream.end(() => this.close('closed by the client'));
  }

  #mark(): void {
    if (this.#marked || this.#state === 'closed') return;
    this.#marked = true;
    this.#services.flushQueue.mark(this);
  }

  #pause(): void {
    if (this.#paused) return;
    this.#paused = true;
    this.#stream.pause();
  }

  #resume(): void {
    this.#paused = false;
    this.#stream.resume();
  }

  #continueNextTurn(): void {
    if (this.#continues) return;
    this.#continues = true;
    this.#services.flushQueue.continueNextTurn(this);
  }

  #parserLimits() {
    const { parser, unauthenticatedParser } = this.#services.limits;
    return this.#authenticated ? parser : unauthenticatedParser;
  }
}
