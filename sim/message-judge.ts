import type { Effect } from '../src/keyspace/effect.ts';
import { check } from './violation.ts';

export type Published = Extract<Effect, { kind: 'publish' }>;

/** A client that listens to one channel at one node, and what it heard there last. */
export interface Listener {
  readonly nodeId: number;
  readonly channel: string;
  /** The place of the last message among those of the channel; 0 before the first. */
  lastHeard: number;
  /** Its node took a state in the place of entries, and messages were among them. */
  mayMiss: boolean;
}

interface Message {
  readonly place: number;
  readonly committedAtMicros: number;
}

/**
 * What the committed log says of messages, and whether listeners hear the same: only what is
 * committed, each once, in the order of the log, and from the first that one hears nothing is left
 * out, unless a snapshot took the place of the entries.
 */
export class MessageJudge {
  readonly #channels = new Map<string, Map<string, Message>>();
  readonly #refused = new Set<string>();
  readonly #listeners = new Set<Listener>();
  #heard: (readonly [Listener, string])[] = [];
  readonly #now: () => number;
  committedCount = 0;
  heardCount = 0;

  /** @param now virtual time in microseconds */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** A message is committed; every message of the simulation is another one. */
  committed({ channel, message }: Published): void {
    const messages = this.#channels.get(channel) ?? new Map<string, Message>();
    this.#channels.set(channel, messages);
    check(!messages.has(message), 'a message is published once', () => `${message} of ${channel}`);
    const unasked = this.#refused.has(message);
    check(!unasked, 'what was refused is never published', () => `${message} of ${channel}`);
    messages.set(message, { place: messages.size + 1, committedAtMicros: this.#now() });
    this.committedCount += 1;
  }

  listens(nodeId: number, channel: string): Listener {
    const listener = { nodeId, channel, lastHeard: 0, mayMiss: false };
    this.#listeners.add(listener);
    return listener;
  }

  ends(listener: Listener): void {
    this.#listeners.delete(listener);
  }

  /** The node has a state, and will never see what led to it. */
  skipped(nodeId: number): void {
    for (const listener of this.#listeners) {
      if (listener.nodeId === nodeId) listener.mayMiss = true;
    }
  }

  /** Judged by `settle`, once what the same event committed is known. */
  heard(listener: Listener, message: string): void {
    this.#heard.push([listener, message]);
  }

  /** A publisher was told that its message is out. */
  acknowledged(channel: string, message: string, answeredAtMicros: number): void {
    const known = this.#channels.get(channel)?.get(message);
    const inTime = known !== undefined && known.committedAtMicros <= answeredAtMicros;
    check(inTime, 'an acknowledged message is committed', () => `${message} of ${channel}`);
  }

  /** A publisher was told that its message never will be. */
  refused(channel: string, message: string): void {
    const known = this.#channels.get(channel)?.has(message) === true;
    check(!known, 'what was refused is never published', () => `${message} of ${channel}`);
    this.#refused.add(message);
  }

  settle(): void {
    if (this.#heard.length === 0) return;
    const heard = this.#heard;
    this.#heard = [];
    for (const [listener, message] of heard) this.#judge(listener, message);
  }

  #judge(listener: Listener, message: string): void {
    const { nodeId, channel, lastHeard, mayMiss } = listener;
    const known = this.#channels.get(channel)?.get(message);
    const where = (): string => `${message} of ${channel} at node ${nodeId}`;
    check(known !== undefined, 'only what is committed is heard', where);
    const { place } = known;
    check(place > lastHeard, 'messages come once and in order', where);
    const follows = lastHeard === 0 || place === lastHeard + 1 || mayMiss;
    check(follows, 'no message is left out', () => {
      return `${where()} is the ${place}th, after the ${lastHeard}th`;
    });
    listener.lastHeard = place;
    listener.mayMiss = false;
    this.heardCount += 1;
  }
}
