import type { ByteString } from '../base/byte-string.ts';
import type { Reply } from '../resp/reply.ts';
import type { KeyContext, SessionContext } from './context.ts';

/** Flags of a command, in Redis' words (redis.io/docs/reference/key-specs, COMMAND INFO). */
export type CommandFlag =
  | 'write'
  | 'readonly'
  | 'denyoom'
  | 'admin'
  | 'pubsub'
  | 'noscript'
  | 'blocking'
  | 'loading'
  | 'stale'
  | 'fast'
  | 'no_auth'
  | 'no_multi'
  | 'movablekeys'
  | 'no_async_loading'
  | 'no_mandatory_keys'
  | 'skip_monitor'
  | 'skip_slowlog'
  | 'allow_busy';

/** Argument types of COMMAND DOCS. */
export interface ArgumentDoc {
  readonly name: string;
  readonly type:
    | 'string'
    | 'integer'
    | 'double'
    | 'key'
    | 'pattern'
    | 'unix-time'
    | 'pure-token'
    | 'oneof'
    | 'block';
  readonly token?: string;
  readonly optional?: boolean;
  readonly multiple?: boolean;
  readonly arguments?: readonly ArgumentDoc[];
}

/**
 * Where a command's keys stand among its arguments (0 is the command's name), as COMMAND INFO
 * tells it: first key, last key (-1: the last argument), step. `find` overrides the three where
 * positions depend on the arguments (EVAL's numkeys).
 */
export interface KeyPositions {
  readonly first: number;
  readonly last: number;
  readonly step: number;
  readonly find?: (args: readonly ByteString[]) => readonly ByteString[] | undefined;
}

export const NO_KEYS: KeyPositions = { first: 0, last: 0, step: 0 };
export const ONE_KEY: KeyPositions = { first: 1, last: 1, step: 1 };
export const ALL_KEYS: KeyPositions = { first: 1, last: -1, step: 1 };

export type CommandGroup =
  | 'lease'
  | 'string'
  | 'generic'
  | 'scripting'
  | 'transactions'
  | 'pubsub'
  | 'connection'
  | 'server'
  | 'cluster';

/** What every command says about itself. Dispatch, COMMAND, the README's table all read this. */
export interface CommandInfo {
  /** Lower case. A subcommand's name holds its parent: `client|list`. */
  readonly name: string;
  /** As in Redis: the name counts; negative means at least. */
  readonly arity: number;
  readonly flags: readonly CommandFlag[];
  readonly keys: KeyPositions;
  readonly group: CommandGroup;
  /** The version of Redis (or of Fencepost, `fencepost 0.1.0`) that has it first. */
  readonly since: string;
  readonly summary: string;
  readonly complexity: string;
  readonly arguments: readonly ArgumentDoc[];
  readonly subcommands?: readonly Command[];
}

/**
 * A command is a record: what it says about itself, where it runs, and what it does.
 *
 * - `session`: on the node of the session, without a keyspace.
 * - `keys`: on the leader of the partition that owns its keys; without keys, on any partition.
 * - `every`: on every partition; `merge` makes one reply of theirs.
 * - `cursor`: SCAN; its first argument tells the partition.
 * - `meta`: on the leader of partition 0, which keeps what belongs to the whole cluster.
 * - `channel`: on the partition that owns the slot of its first argument.
 * - `container`: only by its subcommands.
 *
 * `args[0]` is the name as the client wrote it. For a subcommand, `args[1]` is its own name. An
 * error is an error reply; `execute` throws for a broken invariant only.
 */
export type Command = CommandInfo &
  (
    | {
        readonly runs: 'session';
        readonly execute: (context: SessionContext, args: readonly ByteString[]) => Reply;
      }
    | {
        readonly runs: 'keys' | 'meta' | 'channel' | 'cursor';
        readonly execute: (context: KeyContext, args: readonly ByteString[]) => Reply;
      }
    | {
        readonly runs: 'every';
        readonly execute: (context: KeyContext, args: readonly ByteString[]) => Reply;
        readonly merge: (replies: readonly Reply[]) => Reply;
      }
    | { readonly runs: 'container' }
  );

/** `list` for `client|list`. */
export function ownNameOf({ name }: Pick<Command, 'name'>): ByteString {
  return name.slice(name.indexOf('|') + 1);
}

/** The commands by name. Names are looked up in any case. */
export interface CommandTable {
  /** The command, or for a container the subcommand that `args` name. */
  find(args: readonly ByteString[]): Command | undefined;
  /** The top-level command of this name. */
  findByName(name: ByteString): Command | undefined;
  /** All top-level commands, sorted by name; each container has HELP among its subcommands. */
  readonly all: readonly Command[];
}
