import type { SessionContext } from '../src/commands/context.ts';
import type { QueuedCommand, Transaction, WatchedKey } from '../src/commands/session-port.ts';
import { Outcome } from '../src/partition/outcome.ts';
import type { RouterPort } from '../src/partition/router-port.ts';
import { NONE, type Reply } from '../src/resp/reply.ts';
import type { Requester } from '../src/server/dispatch.ts';
import type { Subscriptions } from '../src/server/subscriptions.ts';

/** What a session reaches in the process that it is connected to. */
export interface SessionHome {
  readonly context: Pick<SessionContext, 'server' | 'commands'>;
  readonly router: RouterPort;
  readonly subscriptions: Subscriptions;
  /** The connection has ended: the process will hear of it, if it lives. */
  left(session: SimSession): void;
}

type OnReply = (reply: Reply) => void;

/**
 * A connection of a simulated client, as its node sees it: what `server/session.ts` is to a real
 * one, without sockets and bytes. Replies come in the order of requests.
 */
export class SimSession implements Requester {
  readonly id: number;
  readonly peerAddress = '198.51.100.1:40000';
  readonly localAddress = '198.51.100.2:6379';
  readonly connectedAtMs = 0;
  readonly lastActiveAtMs = 0;
  lastCommandName = '';
  db = 0;
  readonly protocol = 3;
  authenticated = true;
  name = '';
  clientLibraryName = '';
  clientLibraryVersion = '';
  noEvict = false;
  noTouch = false;
  replyMode: Requester['replyMode'] = 'on';
  transaction: Transaction | undefined = undefined;
  readonly watchedKeys: WatchedKey[] = [];
  readonly channels = new Set<string>();
  readonly patterns = new Set<string>();
  readonly queryBytes = 0;
  readonly outputBytes = 0;
  readonly #onPush: OnReply;
  readonly #waiting: { readonly outcome: Outcome; readonly onReply: OnReply }[] = [];
  #home: SessionHome | undefined;
  #outcome: Outcome | undefined;
  #onReply: OnReply = () => undefined;
  #closed = false;

  /** @param onPush is told of every message that no request asked for */
  constructor(id: number, onPush: OnReply = () => undefined) {
    this.id = id;
    this.#onPush = onPush;
  }

  /** The process takes the connection; a session has one process in its life. */
  connect(home: SessionHome): void {
    this.#home ??= home;
  }

  get context(): SessionContext {
    return { session: this, ...this.#reached.context };
  }

  get waitingCount(): number {
    return this.#waiting.length;
  }

  /** Whom the request that is dispatched next is answered to. */
  expect(onReply: OnReply): void {
    this.#onReply = onReply;
  }

  answer(reply: Reply): void {
    this.answerLater(new Outcome(reply));
  }

  /** Replies with the outcome once it is ready and everything before it was replied. */
  answerLater(outcome: Outcome): void {
    this.#waiting.push({ outcome, onReply: this.#onReply });
    if (!outcome.ready) outcome.onReady(() => this.#flush());
    else this.#flush();
  }

  takeOutcome(): Outcome | undefined {
    const outcome = this.#outcome;
    this.#outcome = undefined;
    return outcome;
  }

  /** The connection is gone: nobody hears the replies. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#home?.left(this);
  }

  /** Whether the process keeps something for it. */
  get isKnown(): boolean {
    return this.watchedKeys.length + this.channels.size + this.patterns.size > 0;
  }

  /** The process notices the end of the connection. */
  letGo(): void {
    this.transaction = undefined;
    this.unwatch();
    this.#home?.subscriptions.removeAll(this);
  }

  get closed(): boolean {
    return this.#closed;
  }

  deferReply(): OnReply {
    const outcome = new Outcome(NONE, 1);
    this.#outcome = outcome;
    return (reply) => outcome.replace(reply);
  }

  executeTransaction(queue: readonly QueuedCommand[]): Reply {
    this.#outcome = this.#reached.router.executeTransaction(this, queue);
    return NONE;
  }

  watch(keys: readonly string[]): Reply {
    this.#outcome = this.#reached.router.watch(this, keys);
    return NONE;
  }

  unwatch(): void {
    if (this.watchedKeys.length > 0) this.#reached.router.unwatch(this);
  }

  push(reply: Reply): void {
    if (!this.#closed) this.#onPush(reply);
  }

  closeAfterReply(): void {}

  destroy(): void {}

  get #reached(): SessionHome {
    if (this.#home === undefined) throw new RangeError(`session ${this.id} is not connected`);
    return this.#home;
  }

  #flush(): void {
    for (;;) {
      const first = this.#waiting[0];
      if (first === undefined || !first.outcome.ready) return;
      this.#waiting.shift();
      if (!this.#closed) first.onReply(first.outcome.reply);
    }
  }
}
