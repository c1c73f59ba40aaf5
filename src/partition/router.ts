import { assertNever } from '../base/assert.ts';
import type { ByteString } from '../base/byte-string.ts';
import { limits } from '../base/limits.ts';
import type { Command, CommandTable } from '../commands/command.ts';
import { keysOf } from '../commands/key-positions.ts';
import { cursorPartition, cursorReply } from '../commands/scan-cursor.ts';
import type { ServerPort } from '../commands/server-port.ts';
import type { QueuedCommand, SessionPort } from '../commands/session-port.ts';
import { error, NULL_ARRAY, OK, type Reply } from '../resp/reply.ts';
import type { ClusterInputs, ClusterPort } from './cluster-port.ts';
import { Execution } from './execution.ts';
import { Forwarding } from './forwarding.ts';
import { Outcome } from './outcome.ts';
import type { Partition } from './partition.ts';
import { NO_LEADER } from './pending.ts';
import { type PartitionCommand, type Place, Placement } from './placement.ts';
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

/**
 * Finds the partitions of a command's keys and has their leaders run it: this node, or in a
 * cluster others (see `Forwarding`).
 */
export class Router implements RouterPort, ClusterInputs {
  readonly #placement: Placement;
  readonly #execution: Execution;
  readonly #forwarding: Forwarding | undefined;
  readonly #beginTurn: () => void;

  constructor(options: RouterOptions) {
    const { partitions, cluster } = options;
    const placement = new Placement(partitions, options);
    const execution = new Execution({ ...options, placement });
    this.#placement = placement;
    this.#execution = execution;
    this.#beginTurn = options.beginTurn;
    if (cluster !== undefined) {
      this.#forwarding = new Forwarding({ ...options, cluster, placement, execution });
    }
  }

  get full(): boolean {
    for (const { partition } of this.#placement.data) if (partition.full) return true;
    return false;
  }

  execute(session: SessionPort, command: Command, args: readonly ByteString[]): Outcome {
    switch (command.runs) {
      case 'session':
        return new Outcome(command.execute(this.#execution.sessionContext(session), args));
      case 'every':
        if (this.#forwarding !== undefined) {
          return this.#forwarding.executeEverywhere(session, command, args);
        }
        return this.#executeEverywhere(session, command, args);
      case 'cursor':
        return this.#executeCursor(session, command, args);
      case 'keys':
      case 'meta':
      case 'channel':
        return this.#executeAt(this.#placement.placeOf(command, args), session, command, args);
      case 'container':
        throw new TypeError(`${command.name} runs by its subcommands`);
      default:
        return assertNever(command);
    }
  }

  executeTransaction(session: SessionPort, queue: readonly QueuedCommand[]): Outcome {
    const keys = session.watchedKeys.map(({ key }) => key);
    for (const { command, args } of queue) keys.push(...placeKeysOf(command, args));
    const place = this.#placement.placeOfKeys(keys);
    if (place === undefined) return this.#refuseTransaction(session, CROSSSLOT);
    if (this.#forwarding !== undefined) {
      return this.#forwarding.executeTransaction(place, session, queue);
    }
    const { partition } = place;
    this.#beginTurn();
    if (!partition.ready) return this.#refuseTransaction(session, NO_LEADER);
    const changed = session.watchedKeys.some(
      ({ db, key, version }) => partition.keyspace.watchedVersion(db, key) !== version,
    );
    this.unwatch(session);
    if (changed) return this.#execution.held([place], NULL_ARRAY);
    return this.#execution.transaction(place, queue, () => session);
  }

  watch(session: SessionPort, keys: readonly ByteString[]): Outcome {
    if (this.#forwarding !== undefined) return this.#forwarding.watch(session, keys);
    if (session.watchedKeys.length + keys.length > limits.watchedKeyCountMax) {
      return new Outcome(error(`ERR more than ${limits.watchedKeyCountMax} keys are watched`));
    }
    const { db } = session;
    const here = session.watchedKeys.filter((watched) => watched.db === db);
    const known = new Set(here.map(({ key }) => key));
    const places = new Set<Place>();
    this.#beginTurn();
    for (const key of keys) {
      const place = this.#placement.placeOfKeys([key]);
      if (place === undefined || !place.partition.ready) return new Outcome(NO_LEADER);
      places.add(place);
      if (known.has(key)) continue;
      known.add(key);
      const version = place.partition.keyspace.watch(db, key);
      session.watchedKeys.push({ db, key, version });
    }
    return this.#execution.held([...places], OK);
  }

  unwatch(session: SessionPort): void {
    if (this.#forwarding !== undefined) return this.#forwarding.unwatch(session);
    for (const { db, key } of session.watchedKeys) {
      this.#placement.placeOfKeys([key])?.partition.keyspace.unwatch(db, key);
    }
    session.watchedKeys.length = 0;
  }

  receiveRequest(fromNodeId: number, body: Buffer): void {
    this.#forwarding?.receiveRequest(fromNodeId, body);
  }

  receiveReply(fromNodeId: number, body: Buffer): void {
    this.#forwarding?.receiveReply(fromNodeId, body);
  }

  linkDown(nodeId: number): void {
    this.#forwarding?.linkDown(nodeId);
  }

  leadersChanged(): void {
    this.#forwarding?.leadersChanged();
  }

  tick(nowMs: number): void {
    this.#forwarding?.tick(nowMs);
  }

  #executeAt(
    place: Place | undefined,
    session: SessionPort,
    command: PartitionCommand,
    args: readonly ByteString[],
  ): Outcome {
    if (place === undefined) return new Outcome(CROSSSLOT);
    if (this.#forwarding !== undefined) {
      return this.#forwarding.execute(place, session, command, args);
    }
    this.#beginTurn();
    if (!place.partition.ready) return new Outcome(NO_LEADER);
    return this.#execution.command(place, session, command, args);
  }

  #executeEverywhere(
    session: SessionPort,
    command: Extract<Command, { readonly runs: 'every' }>,
    args: readonly ByteString[],
  ): Outcome {
    const { data } = this.#placement;
    this.#beginTurn();
    if (data.some(({ partition }) => !partition.ready)) return new Outcome(NO_LEADER);
    const replies = data.map(({ context }) =>
      command.execute(context.enter(session, 'nothing'), args),
    );
    return this.#execution.held(data, command.merge(replies));
  }

  /** SCAN goes through the partitions one after the other; the cursor tells where it is. */
  #executeCursor(
    session: SessionPort,
    command: PartitionCommand,
    args: readonly ByteString[],
  ): Outcome {
    const count = this.#placement.data.length;
    const at = cursorPartition(args, count);
    const place = this.#placement.get(at.partition + 1);
    const shape = (reply: Reply): Reply => cursorReply(reply, at.partition, count);
    if (this.#forwarding !== undefined) {
      return this.#forwarding.executeShaped(place, session, command, at.args, shape);
    }
    this.#beginTurn();
    if (!place.partition.ready) return new Outcome(NO_LEADER);
    const reply = command.execute(place.context.enter(session, 'nothing'), at.args);
    return this.#execution.held([place], shape(reply));
  }

  #refuseTransaction(session: SessionPort, reply: Reply): Outcome {
    this.unwatch(session);
    return new Outcome(reply);
  }
}

function placeKeysOf(command: Command, args: readonly ByteString[]): readonly ByteString[] {
  return command.runs === 'keys' ? (keysOf(command, args) ?? []) : [];
}
