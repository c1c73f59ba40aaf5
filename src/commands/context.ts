import type { Meter } from '../base/meter.ts';
import type { Keyspace } from '../keyspace/keyspace.ts';
import type { CommandTable } from './command.ts';
import type { ServerPort } from './server-port.ts';
import type { SessionPort } from './session-port.ts';

/** What a command sees that runs on the node of its session. */
export interface SessionContext {
  readonly session: SessionPort;
  readonly server: ServerPort;
  readonly commands: CommandTable;
  /** Counts the work of commands that a script calls, and stops a script that does too much. */
  readonly meter?: Meter | undefined;
}

/**
 * What a command sees that runs in a partition. The wall clock appears here alone: times in
 * requests and replies that are wall time are converted to log time and back with it.
 */
export interface KeyContext extends SessionContext {
  readonly keyspace: Keyspace;
  /** The keyspace of partition 0, which knows the scripts of the cluster. */
  readonly meta: Keyspace;
  /** False where `meta` is led elsewhere: scripts can be looked up there, and not added. */
  readonly learnsScripts?: boolean;
  /** The number of the database; a script may change it for itself (SELECT). */
  db: number;
  /** The wall clock in ms since 1970 at `keyspace.nowMs`. */
  readonly wallMs: number;
  /** The script or transaction that this command is part of. */
  readonly within: 'nothing' | 'script' | 'transaction';
  /**
   * Whether a command that runs inside a script or a transaction may touch `keys` here: they all
   * belong to this partition.
   */
  owns(keys: readonly string[]): boolean;
}
