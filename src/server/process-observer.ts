import type { Logger } from 'pino';
import type { ByteString } from '../base/byte-string.ts';
import type { Command } from '../commands/command.ts';
import type { SessionPort } from '../commands/session-port.ts';
import type { CloseReason, SessionObserver } from './session-observer.ts';
import type { Slowlog } from './slowlog.ts';
import type { Statistics } from './statistics.ts';

/** Reasons that an operator wants to see; the others are everyday life. */
const remarkable = new Set<CloseReason>([
  'HTTP bytes on the port',
  'TLS bytes on the port',
  'malformed request',
  'too many bytes of requests',
  'too many bytes of replies',
]);

/** Tells the counters, the slow log and the log what the sessions of the process do. */
export class ProcessObserver implements SessionObserver {
  readonly #statistics: Statistics;
  readonly #slowlog: Slowlog;
  readonly #log: Logger;

  constructor(options: {
    readonly statistics: Statistics;
    readonly slowlog: Slowlog;
    readonly log: Logger;
  }) {
    this.#statistics = options.statistics;
    this.#slowlog = options.slowlog;
    this.#log = options.log;
  }

  sessionOpened({ id, peerAddress }: SessionPort): void {
    this.#statistics.countConnection();
    this.#log.debug({ id, peerAddress }, 'session opened');
  }

  sessionClosed({ id, peerAddress }: SessionPort, reason: CloseReason): void {
    const level = remarkable.has(reason) ? 'warn' : 'debug';
    this.#log[level]({ id, peerAddress, reason }, 'session closed');
  }

  connectionRefused(peerAddress: string, reason: 'maxclients' | 'protected mode'): void {
    this.#statistics.countRefusedConnection();
    this.#log.warn({ peerAddress, reason }, 'connection refused');
  }

  bytesReceived(count: number): void {
    this.#statistics.inputBytes += count;
  }

  bytesSent(count: number): void {
    this.#statistics.outputBytes += count;
  }

  commandDone(
    session: SessionPort,
    { name }: Command,
    args: readonly ByteString[],
    durationMicros: number,
    errorText: ByteString | undefined,
  ): void {
    this.#statistics.countCommand(name, durationMicros, errorText);
    this.#slowlog.note(session, args, durationMicros);
  }

  commandRefused(command: Command | undefined, errorText: ByteString): void {
    this.#statistics.countRejected(command?.name, errorText);
  }
}
