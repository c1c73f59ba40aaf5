import type { ByteString } from '../base/byte-string.ts';
import { limits } from '../base/limits.ts';
import type { Command } from '../commands/command.ts';
import type { QueuedCommand, SessionPort } from '../commands/session-port.ts';
import { array, error, NONE, OK, type Reply } from '../resp/reply.ts';
import { replyBytes } from '../resp/reply-encoder.ts';
import type { ClusterInputs } from './cluster-port.ts';
import { type Execution, REPLIES_TOO_LONG } from './execution.ts';
import type { Work } from './forwarded.ts';
import { errorAmong, Gathering } from './gathered-reply.ts';
import { type LossListener, Outcome } from './outcome.ts';
import type { PartitionCommand, Place, Placement } from './placement.ts';
import { isAcquisition, isRepeatable, mayChange } from './repetition.ts';
import { type Nature, Submission, type SubmissionOptions } from './submission.ts';
import { joinedReply, partsOf } from './transaction-parts.ts';

export interface ForwardingOptions extends SubmissionOptions {
  readonly execution: Execution;
}

const TOO_MANY_WATCHED = error(`ERR more than ${limits.watchedKeyCountMax} keys are watched`);
const WRITTEN_AND_TOO_LONG = error(
  `ERR the transaction's replies have more than ${limits.transactionReplyBytesMax} bytes; ` +
    'what it writes was written',
);

/**
 * What the router does in a cluster: a command whose leader is here, and before which nothing
 * waits, runs at once; every other one is submitted, see `Submission`. Sessions are answered when
 * all parts of their command are.
 */
export class Forwarding implements ClusterInputs {
  readonly #options: ForwardingOptions;
  readonly #placement: Placement;
  readonly #execution: Execution;
  readonly #submission: Submission;
  readonly #requestIdPrefix: ByteString;
  #requestCount = 0;

  constructor(options: ForwardingOptions) {
    this.#options = options;
    this.#placement = options.placement;
    this.#execution = options.execution;
    this.#submission = new Submission(options);
    this.#requestIdPrefix = `${options.cluster.nodeId}:${options.cluster.startId}:`;
  }

  /** A command of one partition. */
  execute(
    place: Place,
    session: SessionPort,
    command: PartitionCommand,
    args: readonly ByteString[],
  ): Outcome {
    this.#options.beginTurn();
    const requestId = isAcquisition(command, args) ? this.#nextRequestId() : '';
    if (!this.#submission.mayRunAtOnce(place, command, args)) {
      const outcome = new Outcome(NONE, 1);
      const work = workOf(session, args, requestId);
      this.#submit(place, work, natureOf(command, requestId), (reply) => outcome.replace(reply));
      return outcome;
    }
    const { keyspace } = place.partition;
    keyspace.requestId = requestId;
    const outcome = this.#execution.command(place, session, command, args);
    keyspace.requestId = '';
    if (!outcome.ready) {
      outcome.onLoss(this.#lossOf(place, session, command, args, requestId, outcome));
    }
    return outcome;
  }

  /** As `execute`, with a reply that its partition has not given its final shape. */
  executeShaped(
    place: Place,
    session: SessionPort,
    command: PartitionCommand,
    args: readonly ByteString[],
    shape: (reply: Reply) => Reply,
  ): Outcome {
    const outcome = new Outcome(NONE, 1);
    this.#options.beginTurn();
    this.#submission.submit(place, workOf(session, args, ''), natureOf(command, ''), (reply) =>
      outcome.replace(shape(reply)),
    );
    return outcome;
  }

  executeEverywhere(
    session: SessionPort,
    command: Extract<Command, { readonly runs: 'every' }>,
    args: readonly ByteString[],
  ): Outcome {
    const outcome = new Outcome(NONE, 1);
    const nature = natureOf(command, '');
    const { data } = this.#placement;
    const gathering = new Gathering(data.length, (replies) =>
      outcome.replace(errorAmong(replies, nature.changes) ?? command.merge(replies)),
    );
    this.#options.beginTurn();
    for (const [at, place] of data.entries()) {
      const work = workOf(session, args, '');
      this.#submission.submit(place, work, nature, (reply) => gathering.add(at, reply));
    }
    return outcome;
  }

  /** EXEC at `place`, where all watched keys and all keys of the queue are. */
  executeTransaction(place: Place, session: SessionPort, queue: readonly QueuedCommand[]): Outcome {
    const watchedCount = session.watchedKeys.length;
    session.watchedKeys.length = 0;
    const { forwarded, here } = partsOf(queue, session.db);
    const hereReplies = new Map<number, Reply>();
    // False if the replies are more than may wait in memory: the commands that are left do not run.
    const runHere = (): boolean => {
      const context = this.#execution.sessionContext(session);
      let bytes = 0;
      for (const [at, { command, args }] of here) {
        if (command.runs !== 'session') continue;
        const reply = command.execute(context, args);
        hereReplies.set(at, reply);
        bytes += replyBytes(reply);
        if (bytes > limits.transactionReplyBytesMax) return false;
      }
      return true;
    };
    // Without watches the queue will run, unless it fails as a whole: the commands that the
    // session sends next see what it did to the session.
    if (watchedCount === 0 && !runHere()) return new Outcome(REPLIES_TOO_LONG);
    if (forwarded.length === 0 && watchedCount === 0) {
      return new Outcome(joinedReply(array([]), hereReplies));
    }
    const outcome = new Outcome(NONE, 1);
    const { protocol, id: sessionId } = session;
    const work: Work = { kind: 'transaction', protocol, sessionId, watchedCount, queue: forwarded };
    this.#options.beginTurn();
    this.#submit(place, work, natureOfQueue(queue, watchedCount), (reply) => {
      if (watchedCount > 0 && reply.kind === 'error') this.#endWatches(place, sessionId);
      const runsHere = watchedCount > 0 && reply.kind === 'array' && this.#isThere(session);
      if (runsHere && !runHere()) outcome.replace(WRITTEN_AND_TOO_LONG);
      else outcome.replace(joinedReply(reply, hereReplies));
    });
    return outcome;
  }

  watch(session: SessionPort, keys: readonly ByteString[]): Outcome {
    const { db, id: sessionId, watchedKeys } = session;
    if (watchedKeys.length + keys.length > limits.watchedKeyCountMax) {
      return new Outcome(TOO_MANY_WATCHED);
    }
    const known = new Set(watchedKeys.filter((each) => each.db === db).map(({ key }) => key));
    const byPlace = new Map<Place, ByteString[]>();
    for (const key of keys) {
      const place = this.#placement.placeOfKeys([key]);
      if (place === undefined || known.has(key)) continue;
      known.add(key);
      watchedKeys.push({ db, key, version: 0 });
      const here = byPlace.get(place);
      if (here === undefined) byPlace.set(place, [key]);
      else here.push(key);
    }
    if (byPlace.size === 0) return new Outcome(OK);
    const outcome = new Outcome(NONE, 1);
    const gathering = new Gathering(byPlace.size, (replies) =>
      outcome.replace(errorAmong(replies, false) ?? OK),
    );
    this.#options.beginTurn();
    let at = 0;
    for (const [place, here] of byPlace) {
      const number = at;
      const work: Work = { kind: 'watch', sessionId, db, keys: here };
      this.#submission.submit(place, work, readsOnly, (reply) => gathering.add(number, reply));
      at += 1;
    }
    return outcome;
  }

  unwatch(session: SessionPort): void {
    const places = new Set(
      session.watchedKeys.map(({ key }) => this.#placement.placeOfKeys([key])),
    );
    session.watchedKeys.length = 0;
    for (const place of places) if (place !== undefined) this.#endWatches(place, session.id);
  }

  receiveRequest(fromNodeId: number, body: Buffer): void {
    this.#submission.receiveRequest(fromNodeId, body);
  }

  receiveReply(fromNodeId: number, body: Buffer): void {
    this.#submission.receiveReply(fromNodeId, body);
  }

  linkDown(nodeId: number): void {
    this.#submission.linkDown(nodeId);
  }

  leadersChanged(): void {
    this.#submission.leadersChanged();
  }

  tick(nowMs: number): void {
    this.#submission.tick(nowMs);
  }

  /** What is to be done if a command that ran at once is lost; it costs nothing until then. */
  #lossOf(
    place: Place,
    { db, protocol }: SessionPort,
    command: PartitionCommand,
    args: readonly ByteString[],
    requestId: ByteString,
    outcome: Outcome,
  ): LossListener {
    const began = this.#submission.begin();
    return {
      lost: (loss, reason) => {
        const work: Work = { kind: 'command', db, protocol, requestId, args };
        this.#submission
          .pendingOf(place, work, natureOf(command, requestId), {
            ...began,
            complete: (reply) => outcome.replace(reply),
          })
          .lost(loss, reason);
      },
    };
  }

  /** Submits work; scripts that are sent with their source are loaded beside it. */
  #submit(place: Place, work: Work, nature: Nature, complete: (reply: Reply) => void): void {
    const { gate } = this.#submission;
    const sources = gate.unknownSources(work);
    if (sources.length === 0) return this.#submission.submit(place, work, nature, complete);
    const gathering = new Gathering(1 + sources.length, ([reply]) => complete(reply ?? NONE));
    for (const [at, source] of sources.entries()) {
      gate.load(source, () => gathering.add(at + 1, OK));
    }
    this.#submission.submit(place, work, nature, (reply) => gathering.add(0, reply));
  }

  #endWatches(place: Place, sessionId: number): void {
    this.#submission.submit(place, { kind: 'unwatch', sessionId }, readsOnly, () => undefined);
  }

  #isThere({ id }: SessionPort): boolean {
    return this.#options.server.sessions.find(id) !== undefined;
  }

  #nextRequestId(): ByteString {
    this.#requestCount += 1;
    return this.#requestIdPrefix + this.#requestCount.toString(36);
  }
}

/** What may be run twice, and leaves nothing that anybody could see. */
const readsOnly: Nature = { repeatable: true, changes: false };

function natureOf(command: Command, requestId: ByteString): Nature {
  return {
    repeatable: requestId !== '' || isRepeatable(command),
    changes: mayChange(command),
  };
}

function natureOfQueue(queue: readonly QueuedCommand[], watchedCount: number): Nature {
  const isRead = ({ command }: QueuedCommand): boolean =>
    command.runs === 'session' || !mayChange(command);
  const changes = !queue.every(isRead);
  return { repeatable: !changes && watchedCount === 0, changes };
}

function workOf(
  { db, protocol }: SessionPort,
  args: readonly ByteString[],
  requestId: ByteString,
): Work {
  return { kind: 'command', db, protocol, requestId, args };
}
