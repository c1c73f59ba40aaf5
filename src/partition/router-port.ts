import type { ByteString } from '../base/byte-string.ts';
import type { Command } from '../commands/command.ts';
import type { QueuedCommand, SessionPort } from '../commands/session-port.ts';
import type { Outcome } from './outcome.ts';

/**
 * Where a session sends its commands: the router finds the partitions of a command's keys, runs
 * it on their leaders and returns the outcome, which becomes ready later.
 */
export interface RouterPort {
  /** Whether sessions should leave their further requests to the next turn. */
  readonly full: boolean;
  /** Runs one command that is no container and passed its arity check. */
  execute(session: SessionPort, command: Command, args: readonly ByteString[]): Outcome;
  /** EXEC: runs the queue as one unit, unless a watched key has changed; ends the watches. */
  executeTransaction(session: SessionPort, queue: readonly QueuedCommand[]): Outcome;
  /** WATCH: adds to the session's watched keys. */
  watch(session: SessionPort, keys: readonly ByteString[]): Outcome;
  /** UNWATCH, DISCARD, the end of a session: ends all watches of the session. */
  unwatch(session: SessionPort): void;
}
