import { assertNever } from '../base/assert.ts';
import type { ByteString } from '../base/byte-string.ts';
import { limits } from '../base/limits.ts';
import type { CommandTable } from '../commands/command.ts';
import type { SessionContext } from '../commands/context.ts';
import type { ServerPort } from '../commands/server-port.ts';
import type { QueuedCommand, SessionPort } from '../commands/session-port.ts';
import { array, type ErrorReply, error, type Reply } from '../resp/reply.ts';
import { replyBytes } from '../resp/reply-encoder.ts';
import { Outcome, unsure } from './outcome.ts';
import type { PartitionCommand, Place, Placement } from './placement.ts';

const TOO_LARGE = error(
  `ERR the transaction would write more than ${limits.transactionEffectBytesMax} bytes; ` +
    'nothing was written',
);
export const REPLIES_TOO_LONG = error(
  `ERR the transaction's replies have more than ${limits.transactionReplyBytesMax} bytes; ` +
    'nothing was written',
);

export interface ExecutionOptions {
  readonly placement: Placement;
  readonly server: ServerPort;
  readonly commands: CommandTable;
}

/** Runs commands in partitions that this node leads, and holds their outcomes there. */
export class Execution {
  readonly #placement: Placement;
  readonly #server: ServerPort;
  readonly #commands: CommandTable;

  constructor({ placement, server, commands }: ExecutionOptions) {
    this.#placement = placement;
    this.#server = server;
    this.#commands = commands;
  }

  command(
    place: Place,
    session: SessionPort,
    command: PartitionCommand,
    args: readonly ByteString[],
  ): Outcome {
    const reply = command.execute(place.context.enter(session, 'nothing'), args);
    if (command.group !== 'scripting') return this.held([place], reply);
    return this.#heldWithMeta(place, reply);
  }

  /**
   * Runs a queue as one unit; one that would be too large for the log, or whose replies would take
   * too much memory before any of them can be sent, leaves nothing.
   *
   * @param sessionFor the session that a command of the queue sees, which may differ in its db
   */
  transaction<Queued extends QueuedCommand>(
    place: Place,
    queue: readonly Queued[],
    sessionFor: (queued: Queued) => SessionPort,
  ): Outcome {
    const { keyspace } = place.partition;
    const savepoint = keyspace.savepoint();
    const changesMeta = queue.some(({ command }) => command.runs === 'meta');
    const replies: Reply[] = [];
    let bytes = 0;
    const undo = (refusal: ErrorReply): Outcome => {
      keyspace.rollback(savepoint);
      return this.#heldWithMeta(place, refusal, changesMeta);
    };
    for (const queued of queue) {
      const reply = this.#queued(place, sessionFor(queued), queued);
      replies.push(reply);
      bytes += replyBytes(reply);
      if (bytes > limits.transactionReplyBytesMax) return undo(REPLIES_TOO_LONG);
      const effectBytes = keyspace.effectBytes - savepoint.effectBytes;
      if (effectBytes > limits.transactionEffectBytesMax) return undo(TOO_LARGE);
    }
    return this.#heldWithMeta(place, array(replies), changesMeta);
  }

  /** An outcome that waits for every partition that the command touched. */
  held(places: readonly Place[], reply: Reply): Outcome {
    const outcome = new Outcome(reply, places.length);
    const waiter = places.length === 1 ? outcome : unsure(outcome);
    for (const { partition } of places) partition.hold(waiter);
    return outcome;
  }

  sessionContext(session: SessionPort): SessionContext {
    return { session, server: this.#server, commands: this.#commands };
  }

  #queued(place: Place, session: SessionPort, { command, args }: QueuedCommand): Reply {
    switch (command.runs) {
      case 'session':
        return command.execute(this.sessionContext(session), args);
      case 'every':
      case 'cursor':
        if (this.#placement.data.length > 1) {
          return error(`ERR '${command.name}' in a transaction needs a server with one partition`);
        }
        return command.execute(place.context.enter(session, 'transaction'), args);
      case 'keys':
      case 'channel':
        return command.execute(place.context.enter(session, 'transaction'), args);
      case 'meta': {
        const { meta } = this.#placement;
        if (!meta.partition.ready) {
          return error(`ERR '${command.name}' in a transaction needs a node that leads its group`);
        }
        return command.execute(meta.context.enter(session, 'transaction'), args);
      }
      case 'container':
        throw new TypeError(`${command.name} runs by its subcommands`);
      default:
        return assertNever(command);
    }
  }

  /**
   * Waits for the meta partition too while that has something that is not committed: the command
   * may have learned a script there, or run one that another session has just brought. To learn it
   * twice does no harm, so a command that its own partition has dropped may run again.
   */
  #heldWithMeta(place: Place, reply: Reply, changesMeta = false): Outcome {
    const { meta } = this.#placement;
    if (place === meta || !meta.partition.keyspace.uncommitted) return this.held([place], reply);
    if (changesMeta) return this.held([place, meta], reply);
    const outcome = new Outcome(reply, 2);
    place.partition.hold(outcome);
    meta.partition.hold(unsure(outcome));
    return outcome;
  }
}
