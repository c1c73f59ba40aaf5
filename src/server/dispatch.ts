import type { ByteString } from '../base/byte-string.ts';
import { limits } from '../base/limits.ts';
import { refuseLongArguments } from '../commands/argument-limits.ts';
import { hasArity, wrongArity } from '../commands/arity.ts';
import { type Command, type CommandTable, ownNameOf } from '../commands/command.ts';
import type { SessionContext } from '../commands/context.ts';
import { type SessionPort, subscriptionCount, type Transaction } from '../commands/session-port.ts';
import { SpellingMap } from '../commands/spelling-map.ts';
import type { Outcome } from '../partition/outcome.ts';
import type { RouterPort } from '../partition/router-port.ts';
import { type ErrorReply, QUEUED, type Reply } from '../resp/reply.ts';
import * as refusals from './refusals.ts';
import type { SessionObserver } from './session-observer.ts';

/** A session, as dispatch sees it. */
export interface Requester extends SessionPort {
  readonly context: SessionContext;
  lastCommandName: string;
  /** Answers the request that runs now. */
  answer(reply: Reply): void;
  answerLater(outcome: Outcome): void;
  /** The outcome that the command asked the router for through its session, if it did. */
  takeOutcome(): Outcome | undefined;
}

export interface DispatcherOptions {
  readonly commands: CommandTable;
  readonly router: RouterPort;
  readonly observer: SessionObserver;
  /** A monotonic clock in microseconds; its zero does not matter. */
  readonly micros: () => number;
}

/** What dispatch needs to know of a command, found once. */
interface Entry {
  readonly command: Command;
  readonly subcommands: SpellingMap<Entry> | undefined;
  readonly needsLogin: boolean;
  readonly inTransaction: 'queued' | 'at once' | 'refused';
  readonly whileSubscribed: boolean;
}

const atOnceInTransaction = new Set(['exec', 'discard', 'multi', 'watch', 'quit', 'reset']);
const whileSubscribed = new Set([
  'ping',
  'subscribe',
  'ssubscribe',
  'unsubscribe',
  'sunsubscribe',
  'psubscribe',
  'punsubscribe',
  'quit',
  'reset',
]);

/**
 * From a request to its reply: finds the command, checks in the order of Redis whether it may run
 * (name, arity, login, state of the session), queues it for EXEC, or runs it in the session or
 * through the router.
 */
export class Dispatcher {
  readonly #router: RouterPort;
  readonly #observer: SessionObserver;
  readonly #micros: () => number;
  readonly #entries: SpellingMap<Entry>;
  #beganMicros = 0;
  #lastMicros = 0;

  constructor({ commands, router, observer, micros }: DispatcherOptions) {
    this.#router = router;
    this.#observer = observer;
    this.#micros = micros;
    this.#entries = entriesOf(commands.all);
  }

  /** The requests that follow come one after the other: the clock is read once for each. */
  beginRequests(): void {
    this.#lastMicros = this.#micros();
    this.#beganMicros = this.#lastMicros;
  }

  /** Whether those requests took so long by now that others, and signals, should get their turn. */
  get tookLong(): boolean {
    return this.#lastMicros - this.#beganMicros > limits.requestsPerTurnMicros;
  }

  /** Runs one request, and answers it exactly once. */
  dispatch(session: Requester, args: readonly ByteString[]): void {
    const [name = '', subcommandName] = args;
    let entry = this.#entries.find(name);
    if (entry === undefined) {
      return this.#refuse(session, undefined, refusals.unknownCommand(args));
    }
    if (entry.subcommands !== undefined && subcommandName !== undefined) {
      const subcommand = entry.subcommands.find(subcommandName);
      if (subcommand === undefined) {
        const refusal = refusals.unknownSubcommand(entry.command, subcommandName);
        return this.#refuse(session, undefined, refusal);
      }
      entry = subcommand;
    }
    const refusal = findRefusal(session, entry, args);
    if (refusal !== undefined) return this.#refuse(session, entry.command, refusal);
    const { transaction } = session;
    if (transaction === undefined || entry.inTransaction === 'at once') {
      this.#run(session, entry.command, args);
    } else {
      this.#queue(session, transaction, entry.command, args);
    }
  }

  #run(session: Requester, command: Command, args: readonly ByteString[]): void {
    session.lastCommandName = command.name;
    let reply: Reply;
    if (command.runs === 'session') {
      reply = command.execute(session.context, args);
      const outcome = session.takeOutcome();
      if (outcome === undefined) {
        session.answer(reply);
      } else {
        reply = outcome.reply;
        session.answerLater(outcome);
      }
    } else {
      const outcome = this.#router.execute(session, command, args);
      reply = outcome.reply;
      session.answerLater(outcome);
    }
    const endMicros = this.#micros();
    const errorText = reply.kind === 'error' ? reply.text : undefined;
    const durationMicros = endMicros - this.#lastMicros;
    this.#lastMicros = endMicros;
    this.#observer.commandDone(session, command, args, durationMicros, errorText);
  }

  #queue(
    session: Requester,
    transaction: Transaction,
    command: Command,
    args: readonly ByteString[],
  ): void {
    let { bytes } = transaction;
    for (const argument of args) bytes += argument.length;
    const refusal = refusals.largeTransaction(transaction.queue.length + 1, bytes);
    if (refusal !== undefined) return this.#refuse(session, command, refusal);
    transaction.bytes = bytes;
    // What follows an error can only be discarded: it is checked, and not kept.
    if (!transaction.failed) transaction.queue.push({ command, args });
    session.answer(QUEUED);
  }

  /** Refuses a request. A transaction that it belongs to can only be discarded then. */
  #refuse(session: Requester, command: Command | undefined, refusal: ErrorReply): void {
    let reply = refusal;
    if (session.transaction !== undefined) {
      session.transaction.failed = true;
      session.transaction.queue.length = 0;
    }
    if (command?.name === 'exec') {
      session.transaction = undefined;
      session.unwatch();
      reply = refusals.execAborted(refusal);
    }
    this.#observer.commandRefused(command, reply.text);
    session.answer(reply);
  }
}

/** Why the request does not run, checked in the order of Redis; undefined if it does. */
function findRefusal(
  session: Requester,
  entry: Entry,
  args: readonly ByteString[],
): ErrorReply | undefined {
  const { command } = entry;
  if (!hasArity(command, args.length)) return wrongArity(command.name);
  if (!session.authenticated && entry.needsLogin) return refusals.NOAUTH;
  if (session.transaction !== undefined && entry.inTransaction === 'refused') {
    return refusals.NOT_IN_TRANSACTION;
  }
  if (session.protocol === 2 && !entry.whileSubscribed && subscriptionCount(session) > 0) {
    return refusals.notWhileSubscribed(command);
  }
  return refuseLongArguments(command, args);
}

function entriesOf(commands: readonly Command[]): SpellingMap<Entry> {
  return new SpellingMap(new Map(commands.map((each) => [ownNameOf(each), entryOf(each)])));
}

function entryOf(command: Command): Entry {
  const { name, flags } = command;
  return {
    command,
    subcommands: command.subcommands && entriesOf(command.subcommands),
    needsLogin: !flags.includes('no_auth'),
    inTransaction: inTransaction(command),
    whileSubscribed: whileSubscribed.has(name),
  };
}

function inTransaction({ name, flags }: Command): Entry['inTransaction'] {
  if (flags.includes('no_multi')) return 'refused';
  return atOnceInTransaction.has(name) ? 'at once' : 'queued';
}
