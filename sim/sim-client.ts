import type { Prng } from '../src/base/prng.ts';
import type { Reply } from '../src/resp/reply.ts';
import {
  drawSpelling,
  type Operation,
  type Request,
  requestOf,
  type Scripts,
} from './operation.ts';
import type { Profile } from './profile.ts';
import type { Answer, ReplyJudge } from './reply-judge.ts';
import type { Scheduler } from './scheduler.ts';
import { SimSession } from './sim-session.ts';
import type { TrustBook } from './trust-book.ts';
import { Violation } from './violation.ts';

/** Where a client reaches the nodes. */
export interface ClientPort {
  /** A node that takes connections now; undefined if none does. */
  pickNode(prng: Prng): number | undefined;
  /** Runs a command there; false if the connection is refused or has broken. */
  execute(
    nodeId: number,
    session: SimSession,
    args: readonly string[],
    reply: (reply: Reply) => void,
  ): boolean;
  /** Whether everything between client and node has worked since then. */
  wasWellSince(nodeId: number, sinceMicros: number): boolean;
}

export interface SimClientOptions {
  readonly id: number;
  readonly prng: Prng;
  readonly profile: Profile;
  readonly scheduler: Scheduler;
  readonly port: ClientPort;
  readonly judge: ReplyJudge;
  readonly trust: TrustBook;
  readonly scripts: Scripts;
  readonly keys: readonly string[];
  readonly counts: ClientCounts;
  readonly trace: (line: () => string) => void;
}

/** What clients did; a run in which nothing was read proves nothing. */
export interface ClientCounts {
  sent: number;
  done: number;
  refused: number;
  reads: number;
  unknown: number;
  down: number;
  lastDoneMicros: number;
}

interface Held {
  readonly owner: string;
  readonly ttlMs: number;
}

/** A client gives a request up that was not answered by then. */
const patienceMicros = 20_000_000;
const clientDelayMicrosMax = 2_000;
const ttlMsMin = 100;

/** A lock client: takes, extends and releases leases, reads, and judges every reply. */
export class SimClient {
  readonly #options: SimClientOptions;
  readonly #held = new Map<string, Held>();
  #session: SimSession;
  #nodeId: number | undefined;
  #sessionCount = 0;
  #ownerCount = 0;
  #connection = 0;

  constructor(options: SimClientOptions) {
    this.#options = options;
    this.#session = this.#newSession();
  }

  start(): void {
    this.#goOn(this.#options.prng.below(this.#options.profile.thinkMs * 1_000));
  }

  /** The process at the other end is gone: nothing that was sent will be answered. */
  nodeDied(nodeId: number): void {
    if (nodeId !== this.#nodeId) return;
    this.#disconnect();
    this.#goOn(50_000);
  }

  #goOn(delayMicros: number): void {
    const connection = this.#connection;
    this.#options.scheduler.after(delayMicros, () => {
      if (connection === this.#connection) this.#sendNext();
    });
  }

  #sendNext(): void {
    const { prng, port, scripts } = this.#options;
    this.#nodeId ??= port.pickNode(prng);
    if (this.#nodeId === undefined) return this.#goOn(500_000);
    const operation = this.#drawOperation();
    this.#send(requestOf(operation, drawSpelling(prng), scripts));
  }

  #send(request: Request): void {
    const { prng, scheduler, port, counts, trust } = this.#options;
    const nodeId = this.#nodeId;
    if (nodeId === undefined) return;
    const connection = this.#connection;
    const sentAtMicros = scheduler.nowMicros;
    const session = this.#session;
    counts.sent += 1;
    trust.sent(request.operation, sentAtMicros);
    scheduler.after(prng.below(clientDelayMicrosMax), () => {
      const arrivedAtMicros = scheduler.nowMicros;
      const reply = (value: Reply): void => {
        const span = { arrivedAtMicros, answeredAtMicros: scheduler.nowMicros };
        this.#options.trace(() => {
          const told = `${request.args.join(' ')}: ${JSON.stringify(value)}`;
          return `client ${this.#options.id} at node ${nodeId}: ${told}`;
        });
        // Judged once the event is over in which the node learned what is committed.
        scheduler.after(prng.below(clientDelayMicrosMax), () => {
          const answer = this.#options.judge.judge(request, value, span);
          if (connection === this.#connection) this.#answered(request, answer, sentAtMicros);
        });
      };
      if (connection !== this.#connection) return;
      if (port.execute(nodeId, session, request.args, reply)) return;
      counts.unknown += 1;
      this.#disconnect();
      this.#goOn(50_000);
    });
    scheduler.after(patienceMicros, () => {
      if (connection !== this.#connection || this.#pendingSince !== sentAtMicros) return;
      this.#giveUp(request, nodeId, sentAtMicros);
    });
    this.#pendingSince = sentAtMicros;
  }

  #pendingSince = -1;

  #giveUp(request: Request, nodeId: number, sentAtMicros: number): void {
    const { port, counts } = this.#options;
    if (port.wasWellSince(nodeId, sentAtMicros)) {
      throw new Violation('no request hangs', `${request.args.join(' ')} at node ${nodeId}`);
    }
    counts.unknown += 1;
    this.#disconnect();
    this.#goOn(0);
  }

  #answered(request: Request, answer: Answer, sentAtMicros: number): void {
    const { counts, prng, profile, scheduler, trust, scripts } = this.#options;
    this.#pendingSince = -1;
    const { operation } = request;
    switch (answer.kind) {
      case 'done':
        counts.done += 1;
        counts.lastDoneMicros = scheduler.nowMicros;
        this.#remember(operation);
        trust.done(operation, sentAtMicros);
        break;
      case 'refused':
        counts.refused += 1;
        if (operation.kind !== 'acquire') this.#held.delete(operation.key);
        break;
      case 'seen':
        counts.reads += 1;
        break;
      case 'unknown':
        counts.unknown += 1;
        break;
      case 'down':
        counts.down += 1;
        if (operation.kind === 'acquire') trust.refused(operation.owner);
        if (prng.oneIn(2)) this.#disconnect();
        break;
      case 'no-script':
        return this.#send(requestOf(operation, 'script', scripts));
    }
    const thinkMicros = prng.below(profile.thinkMs * 1_000);
    this.#goOn(prng.oneIn(4) ? 0 : thinkMicros);
  }

  #remember(operation: Operation): void {
    if (operation.kind === 'release') this.#held.delete(operation.key);
    else if (operation.kind !== 'read') {
      this.#held.set(operation.key, { owner: operation.owner, ttlMs: operation.ttlMs });
    }
  }

  #drawOperation(): Operation {
    const { prng, keys, profile, id } = this.#options;
    const key = prng.pick(keys);
    if (prng.oneIn(4)) return { kind: 'read', key };
    const ttlMs = prng.between(ttlMsMin, profile.ttlMsMax);
    const held = this.#held.get(key);
    if (held === undefined) {
      this.#ownerCount += 1;
      return { kind: 'acquire', key, owner: `${key}.${id}.${this.#ownerCount}`, ttlMs };
    }
    const choice = prng.below(10);
    const { owner } = held;
    if (choice < 4) return { kind: 'extend', key, owner, ttlMs };
    if (choice < 9) return { kind: 'release', key, owner };
    this.#held.delete(key);
    return { kind: 'read', key };
  }

  #disconnect(): void {
    this.#connection += 1;
    this.#pendingSince = -1;
    this.#session.close();
    this.#session = this.#newSession();
    this.#nodeId = undefined;
  }

  #newSession(): SimSession {
    this.#sessionCount += 1;
    return new SimSession(this.#options.id * 1_000_000 + this.#sessionCount);
  }
}
