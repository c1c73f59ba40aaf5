import { assert } from '../base/assert.ts';
import type { ByteString } from '../base/byte-string.ts';
import type { CommandTable } from '../commands/command.ts';
import type { KeyContext } from '../commands/context.ts';
import type { ServerPort } from '../commands/server-port.ts';
import type { SessionPort } from '../commands/session-port.ts';
import type { Keyspace } from '../keyspace/keyspace.ts';
import type { Partition } from './partition.ts';

export interface PartitionContextOptions {
  readonly partition: Partition;
  readonly meta: Partition;
  readonly server: ServerPort;
  readonly commands: CommandTable;
  readonly wallMs: () => number;
  readonly owns: (keys: readonly ByteString[]) => boolean;
}

/**
 * What commands of one partition see. There is one for each partition, and `enter` prepares it
 * for the next command: commands run one after the other, and none keeps its context.
 */
export class PartitionContext implements KeyContext {
  readonly server: ServerPort;
  readonly commands: CommandTable;
  readonly owns: (keys: readonly ByteString[]) => boolean;
  readonly #partition: Partition;
  readonly #meta: Partition;
  readonly #wallMs: () => number;
  #session: SessionPort | undefined;
  db = 0;
  within: KeyContext['within'] = 'nothing';

  constructor(options: PartitionContextOptions) {
    this.#partition = options.partition;
    this.#meta = options.meta;
    this.server = options.server;
    this.commands = options.commands;
    this.owns = options.owns;
    this.#wallMs = options.wallMs;
  }

  /** A snapshot may put another in its place. */
  get keyspace(): Keyspace {
    return this.#partition.keyspace;
  }

  get meta(): Keyspace {
    return this.#meta.keyspace;
  }

  get learnsScripts(): boolean {
    return this.#meta.ready;
  }

  get session(): SessionPort {
    assert(this.#session !== undefined, 'a context is entered before a command runs in it');
    return this.#session;
  }

  get wallMs(): number {
    return this.#wallMs();
  }

  enter(session: SessionPort, within: KeyContext['within']): this {
    this.#session = session;
    this.db = session.db;
    this.within = within;
    return this;
  }
}
