import type { Reply } from '../src/resp/reply.ts';
import { ClientConnection, type ConnectionOptions } from './client-connection.ts';
import type { Span } from './reply-judge.ts';
import type { Executed, QueuedOperation, TransactionJudge } from './transaction-judge.ts';
import type { TrustBook } from './trust-book.ts';
import { Violation } from './violation.ts';

export interface TransactionClientOptions extends ConnectionOptions {
  readonly thinkMs: number;
  readonly ttlMsMax: number;
  /** Keys of one slot each. */
  readonly slots: readonly (readonly string[])[];
  readonly judge: TransactionJudge;
  readonly trust: TrustBook;
}

const reconnectMicros = 300_000;
const ttlMsMin = 100;
const queueMax = 4;

/** Takes and releases locks with WATCH, MULTI and EXEC, several of them at a time. */
export class TransactionClient {
  readonly #options: TransactionClientOptions;
  readonly #connection: ClientConnection;
  readonly #holders = new Map<string, string>();
  #ownerCount = 0;
  #epoch = 0;

  constructor(options: TransactionClientOptions) {
    this.#options = options;
    this.#connection = new ClientConnection(options, {
      lost: () => this.#begin(reconnectMicros),
      pushed: (reply) => {
        throw new Violation('a reply belongs to its request', `pushed ${reply.kind}`);
      },
    });
  }

  start(): void {
    this.#think();
  }

  nodeDied(nodeId: number): void {
    this.#connection.nodeDied(nodeId);
  }

  #think(): void {
    const { prng, thinkMs } = this.#options;
    this.#begin(prng.below(thinkMs * 1_000));
  }

  #begin(delayMicros: number): void {
    this.#epoch += 1;
    this.#after(delayMicros, () => {
      if (!this.#connection.connect()) return this.#begin(reconnectMicros);
      const { prng, slots } = this.#options;
      const keys = prng.pick(slots);
      const watched = keys.filter(() => prng.oneIn(2));
      if (watched.length === 0) this.#maybeRead(keys, { watched, watchedAtMicros: 0 });
      else this.#watch(keys, watched);
    });
  }

  #watch(keys: readonly string[], watched: readonly string[]): void {
    this.#connection.ask(['WATCH', ...watched], (reply, span) => {
      if (isOk(reply)) {
        this.#maybeRead(keys, { watched, watchedAtMicros: span.answeredAtMicros });
      } else this.#failed(reply);
    });
  }

  /** Who holds one of the keys decides what is asked for, as in code that uses WATCH. */
  #maybeRead(keys: readonly string[], watch: Omit<Executed, 'queue'>): void {
    const { prng, thinkMs } = this.#options;
    const key = prng.pick(keys);
    this.#connection.ask(['GET', key], (reply) => {
      if (reply.kind === 'error') return this.#failed(reply);
      if (reply.kind === 'bulk') this.#holders.set(key, reply.value);
      else this.#holders.delete(key);
      const micros = prng.oneIn(2) ? 0 : prng.below((thinkMs * 1_000) >> 2);
      this.#after(micros, () => this.#multi({ ...watch, queue: this.#drawQueue(keys) }));
    });
  }

  #multi(executed: Executed): void {
    this.#connection.ask(['MULTI'], (reply) => {
      if (isOk(reply)) this.#queue(executed, 0);
      else this.#failed(reply);
    });
  }

  #queue(executed: Executed, at: number): void {
    const operation = executed.queue[at];
    if (operation === undefined) return this.#exec(executed);
    this.#connection.ask(this.#argsOf(operation), (reply) => {
      const isQueued = reply.kind === 'simple' && reply.text === 'QUEUED';
      if (!isQueued) throw new Violation('MULTI queues commands', JSON.stringify(reply));
      this.#queue(executed, at + 1);
    });
  }

  #exec(executed: Executed): void {
    const { prng } = this.#options;
    if (prng.oneIn(16)) {
      this.#connection.ask(['DISCARD'], () => {
        this.#aborted(executed);
        this.#think();
      });
      return;
    }
    this.#connection.ask(['EXEC'], (reply, span) => {
      this.#executed(executed, reply, span);
      this.#think();
    });
  }

  #executed(executed: Executed, reply: Reply, span: Span): void {
    const { judge } = this.#options;
    if (reply.kind === 'array') return judge.executed(executed, reply.items, span);
    if (reply.kind === 'null' || reply.kind === 'null-array') {
      const mayAbort = executed.watched.length > 0;
      if (!mayAbort) throw new Violation('only a watched key ends a transaction', 'EXEC got nil');
      return this.#aborted(executed);
    }
    const text = reply.kind === 'error' ? reply.text : reply.kind;
    if (text.startsWith('UNCERTAIN ')) return;
    if (text.startsWith('CLUSTERDOWN ')) return this.#aborted(executed);
    throw new Violation('errors are those that are documented', `EXEC got ${text}`);
  }

  #aborted(executed: Executed): void {
    const { judge, trust, scheduler } = this.#options;
    judge.aborted(executed, scheduler.nowMicros);
    for (const operation of executed.queue) {
      if (operation.kind === 'acquire') trust.refused(operation.owner);
    }
  }

  /** What could not be asked now is tried on another connection. */
  #failed(reply: Reply): void {
    const text = reply.kind === 'error' ? reply.text : reply.kind;
    if (!text.startsWith('CLUSTERDOWN ') && !text.startsWith('UNCERTAIN ')) {
      throw new Violation('errors are those that are documented', text);
    }
    this.#connection.disconnect();
    this.#think();
  }

  #drawQueue(keys: readonly string[]): readonly QueuedOperation[] {
    const { prng, id } = this.#options;
    return Array.from({ length: prng.between(1, queueMax) }, () => {
      const key = prng.pick(keys);
      if (prng.oneIn(3)) return { kind: 'read', key };
      const owner = this.#holders.get(key);
      if (owner !== undefined && prng.oneIn(2)) return { kind: 'release', key, owner };
      this.#ownerCount += 1;
      return { kind: 'acquire', key, owner: `${key}.${id}.${this.#ownerCount}` };
    });
  }

  #argsOf(operation: QueuedOperation): readonly string[] {
    const { prng, ttlMsMax } = this.#options;
    const { kind, key } = operation;
    if (kind === 'read') return ['GET', key];
    if (kind === 'release') return ['KUNLOCK', key, operation.owner];
    return ['KLOCK', key, operation.owner, `${prng.between(ttlMsMin, ttlMsMax)}`];
  }

  #after(delayMicros: number, act: () => void): void {
    const epoch = this.#epoch;
    this.#options.scheduler.after(delayMicros, () => {
      if (epoch === this.#epoch) act();
    });
  }
}

function isOk(reply: Reply): boolean {
  return reply.kind === 'simple' && reply.text === 'OK';
}
