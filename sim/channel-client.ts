import type { Reply } from '../src/resp/reply.ts';
import { ClientConnection, type ConnectionOptions } from './client-connection.ts';
import type { Listener, MessageJudge } from './message-judge.ts';
import type { Span } from './reply-judge.ts';
import { Violation } from './violation.ts';

export interface ChannelClientOptions extends ConnectionOptions {
  readonly thinkMs: number;
  readonly channels: readonly string[];
  readonly judge: MessageJudge;
}

const reconnectMicros = 300_000;

/** Listens to a channel at some node, and publishes to it and others from there. */
export class ChannelClient {
  readonly #options: ChannelClientOptions;
  readonly #connection: ClientConnection;
  #listener: Listener | undefined;
  #messageCount = 0;
  /** Another number for every connection: what belongs to an earlier one is forgotten. */
  #epoch = 0;

  constructor(options: ChannelClientOptions) {
    this.#options = options;
    this.#connection = new ClientConnection(options, {
      lost: () => this.#begin(reconnectMicros),
      pushed: (reply) => this.#pushed(reply),
    });
  }

  start(): void {
    this.#begin(this.#options.prng.below(this.#options.thinkMs * 1_000));
  }

  nodeDied(nodeId: number): void {
    this.#connection.nodeDied(nodeId);
  }

  #begin(delayMicros: number): void {
    const { judge } = this.#options;
    if (this.#listener !== undefined) judge.ends(this.#listener);
    this.#listener = undefined;
    this.#epoch += 1;
    this.#after(delayMicros, () => {
      if (this.#connection.connect()) this.#subscribe();
      else this.#begin(reconnectMicros);
    });
  }

  #subscribe(): void {
    const { prng, channels, judge } = this.#options;
    const channel = prng.pick(channels);
    const { nodeId } = this.#connection;
    if (nodeId === undefined) return;
    // From when the node hears of it, messages may come before the confirmation does.
    this.#listener = judge.listens(nodeId, channel);
    this.#connection.ask(['SUBSCRIBE', channel], (reply) => {
      if (reply.kind !== 'several') {
        throw new Violation('a reply belongs to its request', `SUBSCRIBE got ${reply.kind}`);
      }
      this.#think();
    });
  }

  #think(): void {
    const { prng, thinkMs } = this.#options;
    this.#after(prng.below(thinkMs * 1_000), () => {
      if (prng.oneIn(12)) {
        this.#connection.disconnect();
        this.#begin(reconnectMicros);
      } else this.#publish();
    });
  }

  #publish(): void {
    const { id, prng, channels } = this.#options;
    const channel = prng.pick(channels);
    this.#messageCount += 1;
    const message = `${id}.${this.#messageCount}`;
    this.#connection.ask(['PUBLISH', channel, message], (reply, span) => {
      this.#published(channel, message, reply, span);
      this.#think();
    });
  }

  #published(channel: string, message: string, reply: Reply, span: Span): void {
    const { judge } = this.#options;
    if (reply.kind === 'integer') {
      return judge.acknowledged(channel, message, span.answeredAtMicros);
    }
    const text = reply.kind === 'error' ? reply.text : reply.kind;
    if (text.startsWith('CLUSTERDOWN ')) return judge.refused(channel, message);
    if (text.startsWith('UNCERTAIN ')) return;
    throw new Violation('errors are those that are documented', `PUBLISH got ${text}`);
  }

  #pushed(reply: Reply): void {
    const listener = this.#listener;
    if (listener === undefined || reply.kind !== 'push') return;
    const [word, channel, message] = reply.items.map((item) =>
      item.kind === 'bulk' ? item.value : '',
    );
    const known = word === 'message' && channel === listener.channel && message !== undefined;
    if (!known) throw new Violation('a message belongs to its channel', JSON.stringify(reply));
    this.#options.judge.heard(listener, message);
  }

  #after(delayMicros: number, act: () => void): void {
    const epoch = this.#epoch;
    this.#options.scheduler.after(delayMicros, () => {
      if (epoch === this.#epoch) act();
    });
  }
}
