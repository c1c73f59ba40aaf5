import { assertNever } from '../base/assert.ts';
import { limits } from '../base/limits.ts';
import type { CommandTable } from '../commands/command.ts';
import type { QueuedCommand } from '../commands/session-port.ts';
import { error, NULL_ARRAY, OK } from '../resp/reply.ts';
import type { Execution } from './execution.ts';
import type { ForwardedCommand, Work } from './forwarded.ts';
import { ForwardedSession } from './forwarded-session.ts';
import { Outcome } from './outcome.ts';
import type { Place, Placement } from './placement.ts';
import { WatchRegistry } from './watch-registry.ts';

export interface WorkRunnerOptions {
  readonly placement: Placement;
  readonly execution: Execution;
  readonly commands: CommandTable;
}

type Command = Extract<Work, { readonly kind: 'command' }>;
type Transaction = Extract<Work, { readonly kind: 'transaction' }>;

const TOO_MANY_WATCHED = error(
  `ERR more than ${limits.forwardedWatchCountMax} keys of one partition are watched`,
);

/** Runs work of sessions that are elsewhere, or that may have gone on since they asked. */
export class WorkRunner {
  readonly #execution: Execution;
  readonly #commands: CommandTable;
  readonly #watches: readonly WatchRegistry[];
  readonly #session = new ForwardedSession();

  constructor({ placement, execution, commands }: WorkRunnerOptions) {
    this.#execution = execution;
    this.#commands = commands;
    this.#watches = [placement.meta, ...placement.data].map(
      ({ partition }) => new WatchRegistry(partition),
    );
  }

  /**
   * Runs work in a partition that is ready.
   *
   * @param nodeId the node of the session
   */
  run(place: Place, nodeId: number, work: Work): Outcome {
    const watches = this.#watches[place.partition.id];
    switch (work.kind) {
      case 'command':
        return this.#runCommand(place, work);
      case 'transaction':
        if (watches?.take({ nodeId, sessionId: work.sessionId }, work.watchedCount) === true) {
          return this.#runTransaction(place, work);
        }
        return this.#execution.held([place], NULL_ARRAY);
      case 'watch':
        if (watches?.add({ nodeId, sessionId: work.sessionId }, work.db, work.keys) === true) {
          return this.#execution.held([place], OK);
        }
        return new Outcome(TOO_MANY_WATCHED);
      case 'unwatch':
        watches?.drop({ nodeId, sessionId: work.sessionId });
        return new Outcome(OK);
      default:
        return assertNever(work);
    }
  }

  forgetNode(nodeId: number): void {
    for (const watches of this.#watches) watches.dropNode(nodeId);
  }

  tick(): void {
    for (const watches of this.#watches) watches.tick();
  }

  #runCommand(place: Place, { db, protocol, requestId, args }: Command): Outcome {
    const command = this.#commands.find(args);
    if (command === undefined || command.runs === 'session' || command.runs === 'container') {
      return new Outcome(unknownHere(args));
    }
    const { keyspace } = place.partition;
    keyspace.requestId = requestId;
    const session = this.#session.stand(db, protocol);
    const outcome = this.#execution.command(place, session, command, args);
    keyspace.requestId = '';
    return outcome;
  }

  #runTransaction(place: Place, { protocol, queue }: Transaction): Outcome {
    const found: (QueuedCommand & ForwardedCommand)[] = [];
    for (const { db, args } of queue) {
      const command = this.#commands.find(args);
      if (command === undefined || command.runs === 'session' || command.runs === 'container') {
        return new Outcome(unknownHere(args));
      }
      found.push({ command, db, args });
    }
    return this.#execution.transaction(place, found, ({ db }) => this.#session.stand(db, protocol));
  }
}

/** Only a node of another version asks for what this one does not have. */
function unknownHere([name = '']: ForwardedCommand['args']) {
  return error(`ERR the node that leads the partition knows no command '${name.slice(0, 128)}'`);
}
