import type { ByteString } from '../base/byte-string.ts';
import type { Meter } from '../base/meter.ts';
import type { ErrorReply, Reply } from '../resp/reply.ts';
import type { AdminRequest, ClusterView } from './cluster-view.ts';
import type { SessionPort } from './session-port.ts';

export interface SlowlogEntry {
  readonly id: number;
  /** Wall time in seconds since 1970. */
  readonly atSeconds: number;
  readonly durationMicros: number;
  readonly args: readonly ByteString[];
  readonly peerAddress: string;
  readonly clientName: ByteString;
}

/** What commands may ask of the process they run in. `server/` implements it. */
export interface ServerPort {
  /** The Redis version that is announced, `8.4.0` by default. */
  readonly redisVersion: ByteString;
  /** Wall time in microseconds since 1970. */
  wallMicros(): number;
  /** The SHA-1 of bytes, 40 lower-case hexadecimal digits. */
  sha1Hex(bytes: ByteString): ByteString;
  log(level: number, message: ByteString): void;

  readonly config: {
    /** Names and values whose names match one of the glob patterns, sorted by name. */
    match(patterns: readonly ByteString[]): readonly (readonly [ByteString, ByteString])[];
    /** Sets all or none; the error is Redis' own. */
    set(pairs: readonly (readonly [ByteString, ByteString])[]): ErrorReply | undefined;
    resetStatistics(): void;
  };

  /** The text of INFO for the sections asked for; none means the default ones. */
  info(sections: readonly ByteString[]): ByteString;

  /** Checks a user's password (AUTH). `unneeded`: no password is configured. */
  authenticate(user: ByteString, password: ByteString): 'accepted' | 'refused' | 'unneeded';

  readonly sessions: {
    find(id: number): SessionPort | undefined;
    all(): Iterable<SessionPort>;
  };

  readonly subscriptions: {
    /** Bytes of all channels and patterns that the session has subscribed to. */
    byteCount(session: SessionPort): number;
    subscribe(session: SessionPort, channel: ByteString): void;
    unsubscribe(session: SessionPort, channel: ByteString): void;
    subscribePattern(session: SessionPort, pattern: ByteString): void;
    unsubscribePattern(session: SessionPort, pattern: ByteString): void;
    /** Channels with a subscriber that match the pattern, if there is one. */
    channels(pattern: ByteString | undefined, meter?: Meter): readonly ByteString[];
    subscriberCount(channel: ByteString): number;
    patternCount(): number;
    /** How many subscriptions of this node a message to `channel` reaches. */
    receiverCount(channel: ByteString, meter?: Meter): number;
  };

  readonly slowlog: {
    entries(count: number): readonly SlowlogEntry[];
    readonly length: number;
    reset(): void;
  };

  /** Absent where there is no node, as in tests of commands; `clusterOf` reads it. */
  readonly cluster?: ClusterView;
  /**
   * Begins what an operator asks for (FENCEPOST) and calls `done` once, within the call or much
   * later: when the change is complete, or with the error that says why it cannot be.
   */
  administer?(request: AdminRequest, done: (reply: Reply) => void): void;

  /** Begins a graceful stop of the process (SHUTDOWN). */
  shutdown(): void;
}
