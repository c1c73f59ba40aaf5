import type { ByteString } from '../../src/base/byte-string.ts';
import type { Command, CommandTable } from '../../src/commands/command.ts';
import type { KeyContext } from '../../src/commands/context.ts';
import type { ServerPort } from '../../src/commands/server-port.ts';
import type { QueuedCommand, SessionPort } from '../../src/commands/session-port.ts';
import { Base } from '../../src/keyspace/base.ts';
import { Keyspace } from '../../src/keyspace/keyspace.ts';
import { Outcome } from '../../src/partition/outcome.ts';
import type { RouterPort } from '../../src/partition/router-port.ts';
import { array, NULL_ARRAY, OK, type Reply } from '../../src/resp/reply.ts';

export interface TestRouterOptions {
  readonly onHeld: () => void;
  readonly deliver: (channel: ByteString, message: ByteString) => void;
}

/**
 * One keyspace in memory behind `RouterPort`: commands run at once, and their outcomes wait until
 * `commit`. It has no log and no partitions, which sessions do not see.
 */
export class TestRouter implements RouterPort {
  full = false;
  readonly keyspace = new Keyspace(new Base(16), { leaseGuardPercent: 0 });
  readonly #options: TestRouterOptions;
  #server: ServerPort | undefined;
  #commands: CommandTable | undefined;
  #held: Outcome[] = [];
  #index = 0;

  constructor(options: TestRouterOptions) {
    this.#options = options;
    this.keyspace.setTime({ nowMs: 1_000, horizonMs: 1_000 });
  }

  get heldCount(): number {
    return this.#held.length;
  }

  serve(server: ServerPort, commands: CommandTable): void {
    this.#server = server;
    this.#commands = commands;
  }

  /** Commits what ran since the last call: outcomes become ready, messages are delivered. */
  commit(): void {
    this.#index += 1;
    this.keyspace.seal(this.#index);
    for (const effect of this.keyspace.commit(this.#index, 1_000)) {
      if (effect.kind === 'publish') this.#options.deliver(effect.channel, effect.message);
    }
    const held = this.#held;
    this.#held = [];
    for (const outcome of held) outcome.release();
  }

  /** Makes the first outcome that is held ready, as if its partition were quicker. */
  releaseFirst(): void {
    this.#held.shift()?.release();
  }

  /** Nobody will ever know whether what ran since the last commit took effect. */
  giveUp(reply: Reply): void {
    for (const outcome of this.#held) outcome.replace(reply);
    this.#held = [];
  }

  execute(session: SessionPort, command: Command, args: readonly ByteString[]): Outcome {
    return this.#hold(this.#run(session, command, args, 'nothing'));
  }

  executeTransaction(session: SessionPort, queue: readonly QueuedCommand[]): Outcome {
    const changed = session.watchedKeys.some(
      ({ db, key, version }) => this.keyspace.watchedVersion(db, key) !== version,
    );
    this.unwatch(session);
    if (changed) return this.#hold(NULL_ARRAY);
    const replies = queue.map(({ command, args }) =>
      this.#run(session, command, args, 'transaction'),
    );
    return this.#hold(array(replies));
  }

  watch(session: SessionPort, keys: readonly ByteString[]): Outcome {
    const { db } = session;
    for (const key of keys) {
      session.watchedKeys.push({ db, key, version: this.keyspace.watch(db, key) });
    }
    return this.#hold(OK);
  }

  unwatch(session: SessionPort): void {
    for (const { db, key } of session.watchedKeys) this.keyspace.unwatch(db, key);
    session.watchedKeys.length = 0;
  }

  #hold(reply: Reply): Outcome {
    const outcome = new Outcome(reply, 1);
    this.#held.push(outcome);
    this.#options.onHeld();
    return outcome;
  }

  #run(
    session: SessionPort,
    command: Command,
    args: readonly ByteString[],
    within: KeyContext['within'],
  ): Reply {
    if (command.runs === 'container') throw new TypeError('a container runs by its subcommands');
    if (this.#server === undefined || this.#commands === undefined) throw new TypeError('serve');
    return command.execute(
      {
        session,
        server: this.#server,
        commands: this.#commands,
        keyspace: this.keyspace,
        meta: this.keyspace,
        db: session.db,
        wallMs: 1_700_000_000_000,
        within,
        owns: () => true,
      },
      args,
    );
  }
}
