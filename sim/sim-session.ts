import type { SessionPort, Transaction, WatchedKey } from '../src/commands/session-port.ts';
import type { Outcome } from '../src/partition/outcome.ts';
import { NONE, type Reply } from '../src/resp/reply.ts';

/** A connection of a simulated client, as its node sees it: replies in the order of requests. */
export class SimSession implements SessionPort {
  readonly id: number;
  readonly peerAddress = '198.51.100.1:40000';
  readonly localAddress = '198.51.100.2:6379';
  readonly connectedAtMs = 0;
  readonly lastActiveAtMs = 0;
  readonly lastCommandName = '';
  db = 0;
  readonly protocol = 3;
  authenticated = true;
  name = '';
  clientLibraryName = '';
  clientLibraryVersion = '';
  noEvict = false;
  noTouch = false;
  replyMode: SessionPort['replyMode'] = 'on';
  transaction: Transaction | undefined = undefined;
  readonly watchedKeys: WatchedKey[] = [];
  readonly channels = new Set<string>();
  readonly patterns = new Set<string>();
  readonly queryBytes = 0;
  readonly outputBytes = 0;
  readonly #waiting: { readonly outcome: Outcome; readonly reply: (reply: Reply) => void }[] = [];
  #closed = false;

  constructor(id: number) {
    this.id = id;
  }

  get waitingCount(): number {
    return this.#waiting.length;
  }

  /** Replies with the outcome once it is ready and everything before it was replied. */
  answer(outcome: Outcome, reply: (reply: Reply) => void): void {
    this.#waiting.push({ outcome, reply });
    if (!outcome.ready) outcome.onReady(() => this.#flush());
    else this.#flush();
  }

  /** The connection is gone: nobody hears the replies. */
  close(): void {
    this.#closed = true;
  }

  get closed(): boolean {
    return this.#closed;
  }

  deferReply(): (reply: Reply) => void {
    return () => undefined;
  }

  executeTransaction(): Reply {
    return NONE;
  }

  watch(): Reply {
    return NONE;
  }

  unwatch(): void {}

  push(): void {}

  closeAfterReply(): void {}

  destroy(): void {}

  #flush(): void {
    for (;;) {
      const first = this.#waiting[0];
      if (first === undefined || !first.outcome.ready) return;
      this.#waiting.shift();
      if (!this.#closed) first.reply(first.outcome.reply);
    }
  }
}
