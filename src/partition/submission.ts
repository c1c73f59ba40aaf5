import type { ByteString } from '../base/byte-string.ts';
import { limits } from '../base/limits.ts';
import type { CommandTable } from '../commands/command.ts';
import type { ServerPort } from '../commands/server-port.ts';
import { error, type Reply } from '../resp/reply.ts';
import type { ClusterInputs, ClusterPort } from './cluster-port.ts';
import type { Execution } from './execution.ts';
import { ForwardQueue } from './forward-queue.ts';
import type { Work } from './forwarded.ts';
import { LeaderRoutes, type Route } from './leader-routes.ts';
import { Pending, type PendingOptions, type PendingOwner } from './pending.ts';
import type { PartitionCommand, Place, Placement } from './placement.ts';
import { decodeRequest, encodeRequest } from './request-codec.ts';
import { RequestReceiver } from './request-receiver.ts';
import { decodeResponse } from './response-codec.ts';
import { ScriptGate } from './script-gate.ts';
import { WorkRunner } from './work-runner.ts';

export interface SubmissionOptions {
  readonly cluster: ClusterPort;
  readonly placement: Placement;
  readonly execution: Execution;
  readonly commands: CommandTable;
  readonly server: ServerPort;
  readonly beginTurn: () => void;
}

/** See `PendingOptions`. */
export type Nature = Pick<PendingOptions, 'repeatable' | 'changes'>;
type Beginning = Pick<PendingOptions, 'sequence' | 'deadlineMs'>;
type Complete = PendingOptions['complete'];

const TOO_MANY = error(
  `CLUSTERDOWN more than ${limits.forwardCountMax} commands, or ${limits.forwardBytesMax} bytes ` +
    'of them, wait for leaders',
);
const TOO_LARGE = error(
  `ERR a command of more than ${limits.forwardedBytesMax} bytes runs only on the node that ` +
    'leads its partition',
);
/** A process that stood still for longer than this has not waited longer than this. */
const stepMsMax = 200;

/**
 * Brings work to the leaders of its partitions: to this node, if it leads, or to others. Holds one
 * queue a partition for the work of this node, and runs what other nodes ask for.
 */
export class Submission implements ClusterInputs {
  readonly gate: ScriptGate;
  readonly #options: SubmissionOptions;
  readonly #cluster: ClusterPort;
  readonly #runner: WorkRunner;
  readonly #queues: readonly ForwardQueue[];
  readonly #owners: readonly PendingOwner[];
  readonly #receiver: RequestReceiver;
  /** Queues in which something waits. */
  #busy: ForwardQueue[] = [];
  #nowMs = 0;
  #lastTickMs: number | undefined;
  #sequence = 0;
  #lastId = 0;
  #waitingCount = 0;
  #waitingBytes = 0;
  #pumping = false;
  #pumpAgain = false;

  constructor(options: SubmissionOptions) {
    const { cluster, placement } = options;
    const nowMs = (): number => this.#nowMs;
    this.#options = options;
    this.#cluster = cluster;
    this.#runner = new WorkRunner(options);
    this.gate = new ScriptGate({
      meta: placement.meta.partition,
      server: options.server,
      askMeta: (args, done) => this.#askMeta(args, done),
      nowMs,
    });
    const routes = new LeaderRoutes(cluster);
    this.#queues = [placement.meta, ...placement.data].map(
      (place) =>
        new ForwardQueue({
          partition: place.partition,
          routes,
          run: (pending) => this.#runHere(place, pending),
          hears: (nodeId) => cluster.hears(nodeId),
          send: (route, pending) => this.#send(place, route, pending),
        }),
    );
    this.#owners = this.#queues.map((queue) => ({
      again: (pending) => {
        queue.again(pending);
        this.#noteBusy(queue);
      },
      settled: ({ bytes }) => {
        this.#waitingCount -= 1;
        this.#waitingBytes -= bytes;
      },
    }));
    this.#receiver = new RequestReceiver({
      cluster,
      placement,
      gate: this.gate,
      run: (place, nodeId, work) => this.#run(place, nodeId, work),
      forgetNode: (nodeId) => this.#runner.forgetNode(nodeId),
      nowMs,
    });
  }

  /** Whether the leader is here, and nothing of this node waits before the command. */
  mayRunAtOnce(
    { partition }: Place,
    command: PartitionCommand,
    args: readonly ByteString[],
  ): boolean {
    if (!partition.ready || this.#queues[partition.id]?.idle !== true) return false;
    return command.group !== 'scripting' || this.gate.isOpen(command.name, args);
  }

  /** The place in the order of this node, and the deadline, of a command that begins now. */
  begin(): Beginning {
    this.#sequence += 1;
    return { sequence: this.#sequence, deadlineMs: this.#nowMs + limits.leaderWaitMs };
  }

  pendingOf(
    { partition }: Place,
    work: Work,
    nature: Nature,
    beginning: Beginning & { readonly complete: Complete },
  ): Pending {
    const { repeatable, changes } = nature;
    const { sequence, deadlineMs, complete } = beginning;
    const owner = this.#owners[partition.id];
    if (owner === undefined) throw new RangeError(`there is no partition ${partition.id}`);
    // Field by field: this runs for each command, and a spread costs more than all the rest.
    const pending = new Pending({
      work,
      repeatable,
      changes,
      sequence,
      deadlineMs,
      owner,
      complete,
    });
    this.#waitingCount += 1;
    this.#waitingBytes += pending.bytes;
    return pending;
  }

  /** Has the work run by the leader; `complete` is called once, maybe within this call. */
  submit(place: Place, work: Work, nature: Nature, complete: Complete): void {
    const full =
      this.#waitingCount >= limits.forwardCountMax || this.#waitingBytes >= limits.forwardBytesMax;
    if (full) return complete(TOO_MANY);
    const { partition } = place;
    const { sequence, deadlineMs } = this.begin();
    const pending = this.pendingOf(place, work, nature, { sequence, deadlineMs, complete });
    if (pending.bytes > limits.forwardedBytesMax && !partition.ready) {
      return pending.finish(TOO_LARGE);
    }
    const queue = this.#queueOf(partition.id);
    queue.add(pending);
    this.#noteBusy(queue);
    if (this.#pumping) this.#pumpAgain = true;
    else this.#pump([queue]);
  }

  receiveRequest(fromNodeId: number, body: Buffer): void {
    this.#receiver.receive(fromNodeId, decodeRequest(body));
  }

  receiveReply(fromNodeId: number, body: Buffer): void {
    const { startId, id, partition, answer } = decodeResponse(body);
    if (startId !== this.#cluster.startId) return;
    if (answer.kind === 'done') this.gate.noteIndex(answer.metaIndex);
    this.#thenPump(() => {
      if (answer.kind === 'forgotten') for (const queue of this.#busy) queue.lose(fromNodeId, id);
      else this.#queues[partition]?.answered(id, answer, this.#nowMs);
    });
  }

  linkDown(nodeId: number): void {
    this.#receiver.linkDown(nodeId);
    this.#thenPump(() => {
      for (const queue of this.#busy) queue.lose(nodeId);
    });
  }

  leadersChanged(): void {
    this.#receiver.pump();
    this.#pump(this.#busy);
  }

  tick(nowMs: number): void {
    const stepMs = nowMs - (this.#lastTickMs ?? nowMs);
    this.#nowMs += Math.min(stepMsMax, Math.max(0, stepMs));
    this.#lastTickMs = nowMs;
    const { meta, data } = this.#options.placement;
    this.#thenPump(() => {
      for (const { partition } of [meta, ...data]) partition.giveUpOlderThan(limits.leaderWaitMs);
      for (const queue of this.#busy) queue.tick(this.#nowMs);
      this.#receiver.tick();
      this.#runner.tick();
      this.#receiver.pump();
    });
  }

  /** Nothing runs or is sent while `act` answers what waits; what that submits waits, too. */
  #thenPump(act: () => void): void {
    const outer = this.#pumping;
    this.#pumping = true;
    act();
    this.#pumping = outer;
    this.#pump(this.#busy);
  }

  #pump(queues: Iterable<ForwardQueue>): void {
    if (this.#pumping) return;
    this.#pumping = true;
    this.#pumpAgain = false;
    this.#pumpOnce(queues);
    while (this.#pumpAgain) {
      this.#pumpAgain = false;
      this.#pumpOnce(this.#busy);
    }
    this.#pumping = false;
  }

  #pumpOnce(queues: Iterable<ForwardQueue>): void {
    for (const queue of queues) queue.pump(this.#nowMs);
    if (this.#busy.some(({ idle }) => idle)) this.#busy = this.#busy.filter(({ idle }) => !idle);
  }

  #noteBusy(queue: ForwardQueue): void {
    if (!this.#busy.includes(queue)) this.#busy.push(queue);
  }

  #runHere(place: Place, pending: Pending): boolean {
    if (!this.gate.mayRun(pending.work, 0)) return false;
    const outcome = this.#run(place, this.#cluster.nodeId, pending.work);
    if (outcome.ready) {
      pending.finish(outcome.reply);
      return true;
    }
    outcome.onReady(() => pending.finish(outcome.reply));
    outcome.onLoss(pending);
    return true;
  }

  #run(place: Place, nodeId: number, work: Work) {
    this.#options.beginTurn();
    return this.#runner.run(place, nodeId, work);
  }

  #send({ partition }: Place, { nodeId, term }: Route, { work }: Pending): number | undefined {
    this.#lastId += 1;
    const body = encodeRequest({
      startId: this.#cluster.startId,
      id: this.#lastId,
      partition: partition.id,
      term,
      metaIndex: this.gate.indexFor(work),
      work,
    });
    return this.#cluster.sendRequest(nodeId, body) ? this.#lastId : undefined;
  }

  #askMeta(args: readonly ByteString[], done: (reply: Reply) => void): void {
    const work: Work = { kind: 'command', db: 0, protocol: 2, requestId: '', args };
    const nature = { repeatable: true, changes: true };
    this.submit(this.#options.placement.meta, work, nature, done);
  }

  #queueOf(partition: number): ForwardQueue {
    const queue = this.#queues[partition];
    if (queue === undefined) throw new RangeError(`there is no partition ${partition}`);
    return queue;
  }
}
