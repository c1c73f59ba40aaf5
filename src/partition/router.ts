import { assert, assertNever } from '../base/assert.ts';
import type { ByteString } from '../base/byte-string.ts';
import { limits } from '../base/limits.ts';
import type { Command, CommandTable } from '../commands/command.ts';
import type { KeyContext, SessionContext } from '../commands/context.ts';
import { keysOf } from '../commands/key-positions.ts';
import { cursorPartition, cursorReply } from '../commands/scan-cursor.ts';
import type { ServerPort } from '../commands/server-port.ts';
import type { QueuedCommand, SessionPort } from '../commands/session-port.ts';
import { partitionOfSlot, slotOf } from '../keyspace/slot.ts';
import { array, error, NULL_ARRAY, OK, type Reply } from '../resp/reply.ts';
import type { ClusterInputs, ClusterPort } from './cluster-port.ts';
import { PartitionContext } from './context.ts';
import { Outcome } from './outcome.ts';
import type { Partition } from './partition.ts';
import type { RouterPort } from './router-port.ts';

export interface RouterOptions {
  /** Partition 0, which keeps what belongs to the whole cluster, then the partitions of slots. */
  readonly partitions: readonly Partition[];
  readonly commands: CommandTable;
  readonly server: ServerPort;
  /** The wall clock in ms since 1970 at the time of the turn. */
  readonly wallMs: () => number;
  /** Begins the turn of the node if it has not begun: sets every partition's time. */
  readonly beginTurn: () => void;
  /** Only in a cluster: a node alone leads every partition. */
  readonly cluster?: ClusterPort;
}

const CROSSSLOT = error("CROSSSLOT Keys in request don't hash to the same slot");
const NOT_READY = error('CLUSTERDOWN The partition of the key has no leader');

const effectBytesMax = limits.transactionEffectBytesMax;
const TOO_LARGE = error(
  `ERR the transaction would write more than ${effectBytesMax} bytes; nothing was written`,
);

type PartitionCommand = Exclude<Command, { readonly runs: 'container' | 'session' }>;

/**
 * Finds the partitions of a command's keys and runs it there. With one partition of slots a
 * command may name any keys; with more, all its keys must lie in one slot, as in Redis Cluster.
 */
export class Router implements RouterPort, ClusterInputs {
  readonly #meta: Place;
  readonly #places: readonly Place[];
  readonly #server: ServerPort;
  readonly #commands: CommandTable;
  readonly #beginTurn: () => void;

  constructor(options: RouterOptions) {
    const [meta, ...data] = options.partitions;
    const [first] = data;
    assert(meta !== undefined && first !== undefined, 'there is a partition of slots');
    const placeOf = (partition: Partition, number: number): Place => ({
      partition,
      context: new PartitionContext({
        ...options,
        keyspace: partition.keyspace,
        meta: meta.keyspace,
        owns: (keys) => data.length === 1 || this.#placeOfKeys(keys) === this.#places[number],
      }),
    });
    this.#server = options.server;
    this.#commands = options.commands;
    this.#beginTurn = options.beginTurn;
    this.#meta = placeOf(meta, -1);
    this.#places = data.map(placeOf);
  }

  get full(): boolean {
    for (const { partition } of this.#places) if (partition.full) return true;
    return false;
  }

  execute(session: SessionPort, command: Command, args: readonly ByteString[]): Outcome {
    switch (command.runs) {
      case 'session':
        return new Outcome(command.execute(this.#sessionContext(session), args));
      case 'every':
        return this.#executeEverywhere(session, command, args);
      case 'cursor':
        return this.#executeCursor(session, command, args);
      case 'keys':
      case 'meta':
      case 'channel':
        return this.#executeAt(this.#placeOf(command, args), session, command, args);
      case 'container':
        throw new TypeError(`${command.name} runs by its subcommands`);
      default:
        return assertNever(command);
    }
  }

  executeTransaction(session: SessionPort, queue: readonly QueuedCommand[]): Outcome {
    const keys = session.watchedKeys.map(({ key }) => key);
    for (const { command, args } of queue) keys.push(...placeKeysOf(command, args));
    const place = this.#placeOfKeys(keys);
    if (place === undefined) return this.#refuseTransaction(session, CROSSSLOT);
    this.#beginTurn();
    if (!place.partition.ready) return this.#refuseTransaction(session, NOT_READY);
    const changed = session.watchedKeys.some(
      ({ db, key, version }) => place.partition.keyspace.watchedVersion(db, key) !== version,
    );
    this.unwatch(session);
    if (changed) return this.#held([place], NULL_ARRAY);
    return this.#held(this.#withMeta(place), this.#executeQueue(place, session, queue));
  }

  watch(session: SessionPort, keys: readonly ByteString[]): Outcome {
    if (session.watchedKeys.length + keys.length > limits.watchedKeyCountMax) {
      return new Outcome(error(`ERR more than ${limits.watchedKeyCountMax} keys are watched`));
    }
    const { db } = session;
    const here = session.watchedKeys.filter((watched) => watched.db === db);
    const known = new Set(here.map(({ key }) => key));
    const places = new Set<Place>();
    this.#beginTurn();
    for (const key of keys) {
      const place = this.#placeOfKeys([key]);
      if (place === undefined || !place.partition.ready) return new Outcome(NOT_READY);
      places.add(place);
      if (known.has(key)) continue;
      known.add(key);
      const version = place.partition.keyspace.watch(db, key);
      session.watchedKeys.push({ db, key, version });
    }
    return this.#held([...places], OK);
  }

  unwatch(session: SessionPort): void {
    for (const { db, key } of session.watchedKeys) {
      this.#placeOfKeys([key])?.partition.keyspace.unwatch(db, key);
    }
    session.watchedKeys.length = 0;
  }

  receiveRequest(_fromNodeId: number, _body: Buffer): void {}

  receiveReply(_fromNodeId: number, _body: Buffer): void {}

  linkDown(_nodeId: number): void {}

  leadersChanged(): void {}

  tick(_nowMs: number): void {}

  #executeAt(
    place: Place | undefined,
    session: SessionPort,
    command: PartitionCommand,
    args: readonly ByteString[],
  ): Outcome {
    if (place === undefined) return new Outcome(CROSSSLOT);
    this.#beginTurn();
    if (!place.partition.ready) return new Outcome(NOT_READY);
    const reply = command.execute(place.context.enter(session, 'nothing'), args);
    return this.#held(this.#withMeta(place), reply);
  }

  #executeEverywhere(
    session: SessionPort,
    command: Extract<Command, { readonly runs: 'every' }>,
    args: readonly ByteString[],
  ): Outcome {
    this.#beginTurn();
    if (this.#places.some(({ partition }) => !partition.ready)) return new Outcome(NOT_READY);
    const replies = this.#places.map(({ context }) =>
      command.execute(context.enter(session, 'nothing'), args),
    );
    return this.#held(this.#places, command.merge(replies));
  }

  /** SCAN goes through the partitions one after the other; the cursor tells where it is. */
  #executeCursor(
    session: SessionPort,
    command: PartitionCommand,
    args: readonly ByteString[],
  ): Outcome {
    const count = this.#places.length;
    const at = cursorPartition(args, count);
    const place = this.#places[at.partition];
    assert(place !== undefined, 'a cursor names a partition that exists');
    this.#beginTurn();
    if (!place.partition.ready) return new Outcome(NOT_READY);
    const reply = command.execute(place.context.enter(session, 'nothing'), at.args);
    return this.#held([place], cursorReply(reply, at.partition, count));
  }

  /** Runs a queue; one that would be too large for the log leaves nothing. */
  #executeQueue(place: Place, session: SessionPort, queue: readonly QueuedCommand[]): Reply {
    const { keyspace } = place.partition;
    const savepoint = keyspace.savepoint();
    const replies: Reply[] = [];
    for (const queued of queue) {
      replies.push(this.#executeQueued(place, session, queued));
      if (keyspace.effectBytes <= savepoint.effectBytes + effectBytesMax) continue;
      keyspace.rollback(savepoint);
      return TOO_LARGE;
    }
    return array(replies);
  }

  #executeQueued(place: Place, session: SessionPort, { command, args }: QueuedCommand): Reply {
    switch (command.runs) {
      case 'session':
        return command.execute(this.#sessionContext(session), args);
      case 'every':
      case 'cursor':
        if (this.#places.length > 1) {
          return error(`ERR '${command.name}' in a transaction needs a server with one partition`);
        }
        return command.execute(place.context.enter(session, 'transaction'), args);
      case 'keys':
      case 'channel':
        return command.execute(place.context.enter(session, 'transaction'), args);
      case 'meta':
        return command.execute(this.#meta.context.enter(session, 'transaction'), args);
      case 'container':
        throw new TypeError(`${command.name} runs by its subcommands`);
      default:
        return assertNever(command);
    }
  }

  #refuseTransaction(session: SessionPort, reply: Reply): Outcome {
    this.unwatch(session);
    return new Outcome(reply);
  }

  /** An outcome that waits for every partition that the command touched. */
  #held(places: readonly Place[], reply: Reply): Outcome {
    const outcome = new Outcome(reply, places.length);
    for (const { partition } of places) partition.hold(outcome);
    return outcome;
  }

  /**
   * The place, and the meta partition while it has something that is not committed: the command
   * may have learned a script there, or run one that another session has just brought.
   */
  #withMeta(place: Place): readonly Place[] {
    const { uncommitted } = this.#meta.partition.keyspace;
    return uncommitted && place !== this.#meta ? [place, this.#meta] : [place];
  }

  #placeOf(command: PartitionCommand, args: readonly ByteString[]): Place | undefined {
    if (command.runs === 'meta') return this.#meta;
    if (this.#places.length === 1) return this.#places[0];
    if (command.runs === 'channel') return this.#placeOfKeys(args.slice(1, 2));
    return this.#placeOfKeys(keysOf(command, args) ?? []);
  }

  /** The partition of keys that share a slot; undefined if they do not. */
  #placeOfKeys(keys: readonly ByteString[]): Place | undefined {
    const count = this.#places.length;
    const [first] = keys;
    if (count === 1 || first === undefined) return this.#places[0];
    const slot = slotOf(first);
    for (const key of keys) if (slotOf(key) !== slot) return undefined;
    return this.#places[partitionOfSlot(slot, count) - 1];
  }

  #sessionContext(session: SessionPort): SessionContext {
    return { session, server: this.#server, commands: this.#commands };
  }
}

interface Place {
  readonly partition: Partition;
  readonly context: PartitionContext & KeyContext;
}

function placeKeysOf(command: Command, args: readonly ByteString[]): readonly ByteString[] {
  return command.runs === 'keys' ? (keysOf(command, args) ?? []) : [];
}
