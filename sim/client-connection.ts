import type { Prng } from '../src/base/prng.ts';
import type { Reply } from '../src/resp/reply.ts';
import type { Span } from './reply-judge.ts';
import type { Scheduler } from './scheduler.ts';
import type { ClientPort } from './sim-client.ts';
import { SimSession } from './sim-session.ts';
import { Violation } from './violation.ts';

export interface ConnectionOptions {
  readonly id: number;
  readonly prng: Prng;
  readonly scheduler: Scheduler;
  readonly port: ClientPort;
  readonly trace: (line: () => string) => void;
}

/** A client gives a request up that was not answered by then. */
const patienceMicros = 20_000_000;
const delayMicrosMax = 2_000;
const sessionsPerClientMax = 1_000_000;

/** What a client is told of its connection. */
export interface ConnectionEvents {
  /** The node is gone, or does not answer: whatever was sent may have happened or not. */
  lost(): void;
  pushed(reply: Reply): void;
}

/** A client's connection to one node after the other, over which it asks one thing at a time. */
export class ClientConnection {
  readonly #options: ConnectionOptions;
  readonly #events: ConnectionEvents;
  #session: SimSession;
  #nodeId: number | undefined;
  #sessionCount = 0;
  #requestCount = 0;

  constructor(options: ConnectionOptions, events: ConnectionEvents) {
    this.#options = options;
    this.#events = events;
    this.#session = this.#newSession();
  }

  /** Undefined while there is no connection. */
  get nodeId(): number | undefined {
    return this.#nodeId;
  }

  /** False if no node takes connections now. */
  connect(): boolean {
    const { prng, port } = this.#options;
    this.#nodeId ??= port.pickNode(prng);
    return this.#nodeId !== undefined;
  }

  /** Asks, and hears the reply unless the connection is lost before. */
  ask(args: readonly string[], heard: (reply: Reply, span: Span) => void): void {
    const { prng, scheduler, port } = this.#options;
    const nodeId = this.#nodeId;
    const session = this.#session;
    if (nodeId === undefined) return;
    this.#requestCount += 1;
    const request = this.#requestCount;
    const sentAtMicros = scheduler.nowMicros;
    scheduler.after(prng.below(delayMicrosMax), () => {
      if (session !== this.#session) return;
      const arrivedAtMicros = scheduler.nowMicros;
      const reply = (value: Reply): void => {
        const span = { arrivedAtMicros, answeredAtMicros: scheduler.nowMicros };
        this.#tell(nodeId, args, value);
        scheduler.after(prng.below(delayMicrosMax), () => {
          if (session !== this.#session) return;
          this.#requestCount += 1;
          heard(value, span);
        });
      };
      if (!port.execute(nodeId, session, args, reply)) this.#lose();
    });
    scheduler.after(patienceMicros, () => {
      if (session !== this.#session || request !== this.#requestCount) return;
      if (port.wasWellSince(nodeId, sentAtMicros)) {
        throw new Violation('no request hangs', `${args.join(' ')} at node ${nodeId}`);
      }
      this.#lose();
    });
  }

  /** The process at the other end is gone. */
  nodeDied(nodeId: number): void {
    if (nodeId === this.#nodeId) this.#lose();
  }

  disconnect(): void {
    this.#session.close();
    this.#session = this.#newSession();
    this.#nodeId = undefined;
  }

  #lose(): void {
    this.disconnect();
    this.#events.lost();
  }

  #newSession(): SimSession {
    this.#sessionCount += 1;
    const session: SimSession = new SimSession(
      this.#options.id * sessionsPerClientMax + this.#sessionCount,
      (reply) => {
        if (session === this.#session) this.#events.pushed(reply);
      },
    );
    return session;
  }

  #tell(nodeId: number, args: readonly string[], reply: Reply): void {
    this.#options.trace(() => {
      const who = `client ${this.#options.id} at node ${nodeId}`;
      return `${who}: ${args.join(' ')}: ${JSON.stringify(reply)}`;
    });
  }
}
