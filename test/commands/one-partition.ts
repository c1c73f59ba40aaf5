import { createHash } from 'node:crypto';
import type { ByteString } from '../../src/base/byte-string.ts';
import { hasArity, wrongArity } from '../../src/commands/arity.ts';
import type { Command, CommandTable } from '../../src/commands/command.ts';
import { createCommandTable } from '../../src/commands/command-table.ts';
import type { KeyContext } from '../../src/commands/context.ts';
import type { ServerPort } from '../../src/commands/server-port.ts';
import type { SessionPort } from '../../src/commands/session-port.ts';
import { allCommands } from '../../src/commands/table.ts';
import { Base } from '../../src/keyspace/base.ts';
import { Keyspace } from '../../src/keyspace/keyspace.ts';
import { error, NONE, OK, type Reply } from '../../src/resp/reply.ts';

export interface OnePartitionOptions {
  readonly leaseGuardPercent?: number;
  /** Which keys belong to this partition; all of them by default. */
  readonly owns?: (keys: readonly ByteString[]) => boolean;
}

/**
 * Commands running directly on a keyspace, without consensus: each is committed before the next
 * one runs. The clock stands still until a test moves it.
 */
export class OnePartition {
  readonly keyspace: Keyspace;
  readonly meta: Keyspace;
  readonly session: SessionPort = stubSession();
  readonly logged: [number, ByteString][] = [];
  wallMs = 1_700_000_000_000;
  readonly #commands: CommandTable = createCommandTable(allCommands);
  readonly #owns: (keys: readonly ByteString[]) => boolean;
  #index = 0;

  constructor({ leaseGuardPercent = 0, owns = () => true }: OnePartitionOptions = {}) {
    this.keyspace = new Keyspace(new Base(16), { leaseGuardPercent });
    this.meta = new Keyspace(new Base(16), { leaseGuardPercent });
    this.#owns = owns;
  }

  get nowMs(): number {
    return this.keyspace.nowMs;
  }

  /** Log time and wall time go on by `ms`. */
  pass(ms: number): void {
    const nowMs = this.keyspace.nowMs + ms;
    for (const keyspace of [this.keyspace, this.meta]) {
      keyspace.setTime({ nowMs, horizonMs: nowMs });
    }
    this.wallMs += ms;
  }

  run(...args: ByteString[]): Reply {
    const command = this.#commands.find(args);
    if (command === undefined) return this.#unknown(args);
    const fits = hasArity(command, args.length);
    const reply = fits ? this.#execute(command, args) : wrongArity(command.name);
    this.#commit();
    return reply;
  }

  /** The arguments are words without blanks: `run('SET a b')`. */
  say(line: string): Reply {
    return this.run(...line.split(' '));
  }

  #execute(command: Command, args: readonly ByteString[]): Reply {
    switch (command.runs) {
      case 'container':
        return error(`ERR '${command.name}' runs by its subcommands`);
      case 'every':
        return command.merge([command.execute(this.#context(this.keyspace), args)]);
      case 'meta':
        return command.execute(this.#context(this.meta), args);
      default:
        return command.execute(this.#context(this.keyspace), args);
    }
  }

  #unknown([name = '', subcommand = '']: readonly ByteString[]): Reply {
    const container = this.#commands.findByName(name)?.name.toUpperCase();
    if (container === undefined) return error(`ERR unknown command '${name}'`);
    // Redis formats a C string here, which ends at the first NUL.
    const [shown] = subcommand.split('\0');
    return error(`ERR unknown subcommand '${shown}'. Try ${container} HELP.`);
  }

  #context(keyspace: Keyspace): KeyContext {
    return {
      keyspace,
      meta: this.meta,
      db: this.session.db,
      wallMs: this.wallMs,
      within: 'nothing',
      owns: this.#owns,
      session: this.session,
      server: this.#server,
      commands: this.#commands,
    };
  }

  #commit(): void {
    for (const keyspace of [this.keyspace, this.meta]) {
      if (keyspace.effectCount === 0) continue;
      this.#index += 1;
      keyspace.seal(this.#index);
      keyspace.commit(this.#index, keyspace.nowMs);
    }
  }

  readonly #server: ServerPort = {
    redisVersion: '7.0.15',
    wallMicros: () => this.wallMs * 1000,
    sha1Hex: (bytes) => createHash('sha1').update(Buffer.from(bytes, 'latin1')).digest('hex'),
    log: (level, message) => void this.logged.push([level, message]),
    config: { match: () => [], set: () => undefined, resetStatistics: () => {} },
    info: () => '',
    authenticate: () => 'unneeded',
    sessions: { find: () => undefined, all: () => [] },
    subscriptions: {
      byteCount: () => 0,
      subscribe: () => {},
      unsubscribe: () => {},
      subscribePattern: () => {},
      unsubscribePattern: () => {},
      channels: () => [],
      subscriberCount: () => 0,
      patternCount: () => 0,
      receiverCount: () => 0,
    },
    slowlog: { entries: () => [], length: 0, reset: () => {} },
    shutdown: () => {},
  };
}

function stubSession(): SessionPort {
  return {
    id: 1,
    peerAddress: '127.0.0.1:1',
    localAddress: '127.0.0.1:2',
    connectedAtMs: 0,
    lastActiveAtMs: 0,
    lastCommandName: '',
    db: 0,
    protocol: 2,
    authenticated: true,
    name: '',
    clientLibraryName: '',
    clientLibraryVersion: '',
    noEvict: false,
    noTouch: false,
    replyMode: 'on',
    transaction: undefined,
    watchedKeys: [],
    channels: new Set(),
    patterns: new Set(),
    queryBytes: 0,
    outputBytes: 0,
    executeTransaction: () => NONE,
    watch: () => OK,
    deferReply: () => () => {},
    unwatch: () => {},
    push: () => {},
    closeAfterReply: () => {},
    destroy: () => {},
  };
}
