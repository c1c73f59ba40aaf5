import { limits } from '../base/limits.ts';
import { error } from '../resp/reply.ts';
import { replyBytes } from '../resp/reply-encoder.ts';
import type { ClusterPort } from './cluster-port.ts';
import type { Answer, Request, Work } from './forwarded.ts';
import type { Loss, Outcome } from './outcome.ts';
import { NO_LEADER } from './pending.ts';
import type { Place, Placement } from './placement.ts';
import { encodeResponse } from './response-codec.ts';
import type { ScriptGate } from './script-gate.ts';

export interface RequestReceiverOptions {
  readonly cluster: ClusterPort;
  readonly placement: Placement;
  readonly gate: ScriptGate;
  /** Runs work of a node in a partition that is ready. */
  readonly run: (place: Place, nodeId: number, work: Work) => Outcome;
  /** The node is another process from now on, or its link was lost. */
  readonly forgetNode: (nodeId: number) => void;
  readonly nowMs: () => number;
}

/** A request that cannot run yet. */
interface Arrived {
  readonly request: Request;
  readonly sinceMs: number;
}

/** A node whose sessions ask for something here. */
interface Origin {
  readonly nodeId: number;
  readonly startId: string;
  /** The last request that came in; one with a lower id is late and was given up. */
  lastId: number;
  /** Requests that wait, by partition, in the order in which they came. */
  readonly lanes: Map<number, Arrived[]>;
  /** Answers up to this request may have been lost, and the node does not know; 0 if none. */
  forgottenId: number;
}

/**
 * Runs what other nodes ask for in partitions that this node leads. Requests of one node for one
 * partition run in their order: while the first has to wait, the others wait behind it.
 */
export class RequestReceiver {
  readonly #options: RequestReceiverOptions;
  readonly #origins = new Map<number, Origin>();
  #waitingCount = 0;

  constructor(options: RequestReceiverOptions) {
    this.#options = options;
  }

  receive(nodeId: number, request: Request): void {
    const origin = this.#originOf(nodeId, request.startId);
    if (request.id <= origin.lastId) return;
    origin.lastId = request.id;
    const lane = origin.lanes.get(request.partition) ?? [];
    if (lane.length === 0 && this.#maybeRun(origin, request)) return;
    if (lane.length >= limits.forwardCountMax) {
      return this.#answer(origin, request, { kind: 'done', reply: NO_LEADER, metaIndex: 0 });
    }
    this.#wait(origin, request);
  }

  /** Something has changed: requests that wait may run now, or never. */
  pump(): void {
    if (this.#waitingCount === 0) return;
    for (const origin of this.#origins.values()) {
      for (const lane of origin.lanes.values()) {
        this.#pumpLane(origin, lane);
      }
    }
  }

  /** Answers of before may be lost: the node is told as soon as it can be. */
  linkDown(nodeId: number): void {
    const origin = this.#origins.get(nodeId);
    if (origin !== undefined) this.#forget(origin);
  }

  tick(): void {
    for (const origin of this.#origins.values()) {
      if (origin.forgottenId > 0) this.#tellForgotten(origin);
      if (this.#waitingCount > 0) for (const lane of origin.lanes.values()) this.#age(origin, lane);
    }
  }

  #originOf(nodeId: number, startId: string): Origin {
    const known = this.#origins.get(nodeId);
    if (known?.startId === startId) return known;
    if (known !== undefined) this.#forget(known);
    const origin = { nodeId, startId, lastId: 0, lanes: new Map(), forgottenId: 0 };
    this.#origins.set(nodeId, origin);
    return origin;
  }

  /** Runs or refuses the request; false if it has to wait. */
  #maybeRun(origin: Origin, request: Request): boolean {
    const { placement, gate, run } = this.#options;
    const place = placement.find(request.partition);
    if (place === undefined) {
      this.#answer(origin, request, { kind: 'refused', term: 0, leader: 0 });
      return true;
    }
    const { partition } = place;
    if (partition.servingTerm !== request.term) {
      if (mayServeLater(place, request)) return false;
      this.#refuse(origin, request, place);
      return true;
    }
    if (partition.full || !gate.mayRun(request.work, request.metaIndex)) return false;
    this.#answerLater(origin, request, place, run(place, origin.nodeId, request.work));
    return true;
  }

  #answerLater(origin: Origin, request: Request, place: Place, outcome: Outcome): void {
    if (outcome.ready) return this.#done(origin, request, outcome);
    outcome.onReady(() => this.#done(origin, request, outcome));
    outcome.onLoss({ lost: (loss) => this.#lost(origin, request, place, loss) });
  }

  /**
   * Values are shared by all that read them, and bytes of their own only once they are encoded:
   * what no link takes is not even tried, since one MGET may name a large value thousands of times.
   */
  #done(origin: Origin, request: Request, outcome: Outcome): void {
    const { partition: meta } = this.#options.placement.meta;
    const isTooLarge = replyBytes(outcome.reply) > limits.peerReplyQueueBytesMax;
    const reply = isTooLarge ? TOO_LARGE : outcome.reply;
    this.#answer(origin, request, { kind: 'done', reply, metaIndex: meta.scriptsIndex });
  }

  /**
   * What could not be proposed did not happen. If this node goes on leading in the same term (it
   * was about to hand its leadership over, and did not), the request runs once more.
   */
  #lost(origin: Origin, request: Request, place: Place, loss: Loss): void {
    // The node that asked has given it up by itself: it waits no longer than this one.
    if (loss === 'late') return;
    if (loss !== 'dropped') return this.#answer(origin, request, { kind: 'lost' });
    if (mayServeLater(place, request)) this.#wait(origin, request);
    else this.#refuse(origin, request, place);
  }

  #refuse(origin: Origin, request: Request, { partition }: Place): void {
    const leader = this.#options.cluster.leaderOf(partition.id) ?? 0;
    this.#answer(origin, request, { kind: 'refused', term: partition.raft.term, leader });
  }

  /**
   * An answer that is lost leaves the node with requests of which it knows nothing, so it is told
   * to give all of them up. A reply that is only too large concerns whoever asked for it.
   */
  #answer(origin: Origin, { id, partition }: Request, answer: Answer): void {
    const { startId, nodeId } = origin;
    if (this.#origins.get(nodeId) !== origin) return;
    // That goes first: what was answered before would seem to have run behind what was forgotten.
    if (origin.forgottenId > 0) this.#tellForgotten(origin);
    if (origin.forgottenId > 0) return this.#forget(origin);
    const { cluster } = this.#options;
    const body = encodeResponse({ startId, id, partition, answer });
    if (cluster.sendReply(nodeId, body)) return;
    if (answer.kind === 'done' && body.length > limits.peerPieceBytesMax) {
      const short: Answer = { ...answer, reply: TOO_LARGE };
      if (cluster.sendReply(nodeId, encodeResponse({ startId, id, partition, answer: short }))) {
        return;
      }
    }
    this.#forget(origin);
  }

  /** Queues a request in its place: those that ran in vain come before those that did not run. */
  #wait(origin: Origin, request: Request): void {
    let lane = origin.lanes.get(request.partition);
    if (lane === undefined) {
      lane = [];
      origin.lanes.set(request.partition, lane);
    }
    let at = lane.length;
    while (at > 0 && (lane[at - 1]?.request.id ?? 0) > request.id) at -= 1;
    lane.splice(at, 0, { request, sinceMs: this.#options.nowMs() });
    this.#waitingCount += 1;
  }

  #forget(origin: Origin): void {
    origin.forgottenId = origin.lastId;
    for (const lane of origin.lanes.values()) {
      this.#waitingCount -= lane.length;
      lane.length = 0;
    }
    origin.lanes.clear();
    this.#options.forgetNode(origin.nodeId);
  }

  #tellForgotten(origin: Origin): void {
    const { startId, nodeId, forgottenId: id } = origin;
    const body = encodeResponse({ startId, id, partition: 0, answer: { kind: 'forgotten' } });
    if (this.#options.cluster.sendReply(nodeId, body)) origin.forgottenId = 0;
  }

  #pumpLane(origin: Origin, lane: Arrived[]): void {
    for (let first = this.#shift(lane); first !== undefined; first = this.#shift(lane)) {
      if (this.#maybeRun(origin, first.request)) continue;
      lane.unshift(first);
      this.#waitingCount += 1;
      return;
    }
  }

  #age(origin: Origin, lane: Arrived[]): void {
    const beforeMs = this.#options.nowMs() - limits.leaderWaitMs;
    while (lane[0] !== undefined && lane[0].sinceMs <= beforeMs) {
      const { request } = lane[0];
      this.#shift(lane);
      this.#answer(origin, request, { kind: 'done', reply: NO_LEADER, metaIndex: 0 });
    }
  }

  #shift(lane: Arrived[]): Arrived | undefined {
    const first = lane.shift();
    if (first !== undefined) this.#waitingCount -= 1;
    return first;
  }
}

/** The command has run all the same: whatever it changed is there. */
const TOO_LARGE = error(
  'ERR the command was run, but its reply is too large to be sent from one node to another',
);

/** Whether the replica leads in the request's term and only is not ready for it. */
function mayServeLater({ partition: { raft } }: Place, { term }: Request): boolean {
  return raft.isLeader && raft.term === term;
}
