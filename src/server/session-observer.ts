import type { ByteString } from '../base/byte-string.ts';
import type { Command } from '../commands/command.ts';
import type { SessionPort } from '../commands/session-port.ts';

/** Who is told what sessions do: statistics, the slow log, the log. */
export interface SessionObserver {
  sessionOpened(session: SessionPort): void;
  sessionClosed(session: SessionPort, reason: CloseReason): void;
  /** A connection that got no session: there are too many, or protected mode forbids it. */
  connectionRefused(peerAddress: string, reason: 'maxclients' | 'protected mode'): void;
  bytesReceived(count: number): void;
  bytesSent(count: number): void;
  /**
   * A command ran.
   *
   * @param durationMicros how long it ran, without the wait for its commit
   * @param errorText its reply, if that is an error
   */
  commandDone(
    session: SessionPort,
    command: Command,
    args: readonly ByteString[],
    durationMicros: number,
    errorText: ByteString | undefined,
  ): void;
  /** A request was refused before it ran; `command` is undefined if there is none of its name. */
  commandRefused(command: Command | undefined, errorText: ByteString): void;
}

/** Why a session ended. */
export type CloseReason =
  | 'closed by the client'
  | 'closed by a command'
  | 'idle for too long'
  | 'connection failed'
  | 'malformed request'
  | 'HTTP bytes on the port'
  | 'TLS bytes on the port'
  | 'too many bytes of requests'
  | 'too many bytes of replies'
  | 'the server stops';
