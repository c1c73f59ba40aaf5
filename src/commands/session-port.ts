import type { ByteString } from '../base/byte-string.ts';
import type { Reply } from '../resp/reply.ts';
import type { Command } from './command.ts';

/** A command that MULTI queued. */
export interface QueuedCommand {
  readonly command: Command;
  readonly args: readonly ByteString[];
}

/** What MULTI opened: the queue, and whether an error while queueing already ended it. */
export interface Transaction {
  readonly queue: QueuedCommand[];
  bytes: number;
  failed: boolean;
}

/** A key under WATCH with the version it had. */
export interface WatchedKey {
  readonly db: number;
  readonly key: ByteString;
  readonly version: number;
}

/** What commands may know and change of the session that sent them. `server/session.ts` is it. */
export interface SessionPort {
  /** Never used twice by this process. */
  readonly id: number;
  readonly peerAddress: string;
  readonly localAddress: string;
  /** Wall time in ms at which it connected, and at which it last sent something. */
  readonly connectedAtMs: number;
  readonly lastActiveAtMs: number;
  readonly lastCommandName: string;
  db: number;
  protocol: 2 | 3;
  authenticated: boolean;
  name: ByteString;
  clientLibraryName: ByteString;
  clientLibraryVersion: ByteString;
  noEvict: boolean;
  noTouch: boolean;
  /** CLIENT REPLY: `skip-next` becomes `skip` for exactly one command. */
  replyMode: 'on' | 'off' | 'skip-next' | 'skip';
  transaction: Transaction | undefined;
  readonly watchedKeys: WatchedKey[];
  readonly channels: Set<ByteString>;
  readonly patterns: Set<ByteString>;
  /** Bytes read but not yet run, and bytes of replies not yet taken. */
  readonly queryBytes: number;
  readonly outputBytes: number;
  /**
   * Runs the queue of a transaction as one unit (EXEC). The outcome takes the place of this
   * command's reply as soon as it is ready; what is returned here is only a placeholder.
   */
  executeTransaction(queue: readonly QueuedCommand[]): Reply;
  /** Watches keys (WATCH). Answers as `executeTransaction` does. */
  watch(keys: readonly ByteString[]): Reply;
  /**
   * Lets the command that runs now be answered later, by one call of the function that this
   * returns. What the command itself returns is only a placeholder. Replies to later requests
   * of the session wait behind it.
   */
  deferReply(): (reply: Reply) => void;
  /** Ends all watches of the session (UNWATCH, DISCARD, RESET). */
  unwatch(): void;
  /** Writes a message outside the order of requests: pub/sub, invalidation. */
  push(reply: Reply): void;
  /** Ends the connection after the reply of this command is written (QUIT). */
  closeAfterReply(): void;
  /** Ends the connection now (CLIENT KILL). */
  destroy(): void;
}

/** Channels and patterns together; a session that has any is a subscriber. */
export function subscriptionCount({
  channels,
  patterns,
}: Pick<SessionPort, 'channels' | 'patterns'>): number {
  return channels.size + patterns.size;
}
