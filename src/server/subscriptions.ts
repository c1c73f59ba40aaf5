import type { ByteString } from '../base/byte-string.ts';
import { Glob } from '../base/glob.ts';
import type { Meter } from '../base/meter.ts';
import type { ServerPort } from '../commands/server-port.ts';
import type { SessionPort } from '../commands/session-port.ts';
import { bulk } from '../resp/reply.ts';

const MESSAGE = bulk('message');
const PATTERN_MESSAGE = bulk('pmessage');

type SubscriptionsPort = ServerPort['subscriptions'];

/**
 * Who on this node listens to which channel or pattern (redis.io/docs/interact/pubsub). Messages
 * arrive here when the entry that carries them is committed.
 */
export class Subscriptions implements SubscriptionsPort {
  readonly #byChannel = new Map<ByteString, Set<SessionPort>>();
  readonly #byPattern = new Map<ByteString, PatternListeners>();
  readonly #byteCounts = new Map<SessionPort, number>();

  byteCount(session: SessionPort): number {
    return this.#byteCounts.get(session) ?? 0;
  }

  subscribe(session: SessionPort, channel: ByteString): void {
    if (session.channels.has(channel)) return;
    session.channels.add(channel);
    this.#count(session, channel.length);
    const sessions = this.#byChannel.get(channel) ?? new Set();
    this.#byChannel.set(channel, sessions.add(session));
  }

  unsubscribe(session: SessionPort, channel: ByteString): void {
    if (!session.channels.delete(channel)) return;
    this.#count(session, -channel.length);
    remove(this.#byChannel, channel, session);
  }

  subscribePattern(session: SessionPort, pattern: ByteString): void {
    if (session.patterns.has(pattern)) return;
    session.patterns.add(pattern);
    this.#count(session, pattern.length);
    const listeners = this.#byPattern.get(pattern) ?? new PatternListeners(pattern);
    this.#byPattern.set(pattern, listeners.add(session));
  }

  unsubscribePattern(session: SessionPort, pattern: ByteString): void {
    if (!session.patterns.delete(pattern)) return;
    this.#count(session, -pattern.length);
    remove(this.#byPattern, pattern, session);
  }

  /** The session has ended. */
  removeAll(session: SessionPort): void {
    for (const channel of session.channels) remove(this.#byChannel, channel, session);
    for (const pattern of session.patterns) remove(this.#byPattern, pattern, session);
    session.channels.clear();
    session.patterns.clear();
    this.#byteCounts.delete(session);
  }

  channels(pattern: ByteString | undefined, meter?: Meter): readonly ByteString[] {
    const channels = [...this.#byChannel.keys()];
    if (pattern === undefined) return channels;
    const glob = new Glob(pattern);
    return channels.filter((channel) => glob.matches(channel, meter));
  }

  subscriberCount(channel: ByteString): number {
    return this.#byChannel.get(channel)?.size ?? 0;
  }

  patternCount(): number {
    return this.#byPattern.size;
  }

  receiverCount(channel: ByteString, meter?: Meter): number {
    let count = this.subscriberCount(channel);
    for (const listeners of this.#byPattern.values()) {
      if (listeners.glob.matches(channel, meter)) count += listeners.size;
    }
    return count;
  }

  /** Pushes a committed message to everybody who listens, once for each of their subscriptions. */
  deliver(channel: ByteString, message: ByteString): void {
    const sessions = this.#byChannel.get(channel);
    if (sessions !== undefined) {
      pushToAll(sessions, [MESSAGE, bulk(channel), bulk(message)]);
    }
    for (const [pattern, listeners] of this.#byPattern) {
      if (!listeners.glob.matches(channel)) continue;
      pushToAll(listeners, [PATTERN_MESSAGE, bulk(pattern), bulk(channel), bulk(message)]);
    }
  }

  #count(session: SessionPort, bytes: number): void {
    this.#byteCounts.set(session, this.byteCount(session) + bytes);
  }
}

class PatternListeners extends Set<SessionPort> {
  readonly glob: Glob;

  constructor(pattern: ByteString) {
    super();
    this.glob = new Glob(pattern);
  }
}

type PushItems = Extract<Parameters<SessionPort['push']>[0], { kind: 'push' }>['items'];

function pushToAll(sessions: ReadonlySet<SessionPort>, items: PushItems): void {
  const reply = { kind: 'push', items } as const;
  for (const session of sessions) session.push(reply);
}

function remove(
  subscribers: Map<ByteString, Set<SessionPort>>,
  name: ByteString,
  session: SessionPort,
): void {
  const sessions = subscribers.get(name);
  if (sessions === undefined) return;
  sessions.delete(session);
  if (sessions.size === 0) subscribers.delete(name);
}
