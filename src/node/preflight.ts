import type { FencepostError } from '../base/errors.ts';
import { limits } from '../base/limits.ts';
import { refusalCodes } from '../transport/handshake.ts';
import { type PeerHello, protocolVersion } from '../transport/peer-hello.ts';
import { Transport } from '../transport/transport.ts';
import type { ReceivedRefusal, TransportOptions } from '../transport/transport-options.ts';
import { judgements, refusalOf, sortedPeers } from './peer-judgement.ts';
import { RefusalWatch, refusedBy } from './refusal-watch.ts';

export interface PreflightOptions {
  readonly nodeId: number;
  /** '' if the node joins a cluster that it does not know yet. */
  readonly clusterId: string;
  /** The first incarnation that is free as far as this node knows. */
  readonly incarnation: number;
  /** 0 if it is not known. */
  readonly partitionCount: number;
  /** Of every node that is known, this one possibly among them. */
  readonly peers: ReadonlyMap<number, string>;
  readonly clientAddress: string;
  readonly listen: TransportOptions['listen'];
  readonly secret: Buffer | undefined;
  readonly log: TransportOptions['log'];
}

export interface PreflightResult {
  readonly incarnation: number;
  /** What a peer said that let this node in; undefined if none was reached. */
  readonly welcome: PeerHello | undefined;
}

/**
 * Introduces a node that has no data to its peers, before it takes part in anything: they know
 * whether a node of that id was in the cluster already. If so its replicas may have voted and
 * acknowledged, and what is left of it must not speak in their name: it takes the next
 * incarnation. It ends as soon as a peer that knows lets the node in, or when none was reached for
 * a while.
 *
 * @param waitMs for how long a first answer is waited for
 * @throws FencepostError `PEER_REFUSED` if the peers say that this node cannot be of the cluster,
 *   with the exact difference; `ADDRESS_IN_USE` or the like if the peer port cannot be used
 */
export async function introduce(
  options: PreflightOptions,
  waitMs: number,
): Promise<PreflightResult> {
  const introduction = new Introduction(options);
  let open = true;
  const transport = await Transport.open({
    listen: options.listen,
    secret: options.secret,
    hello: () => introduction.hello,
    accept: (hello) => introduction.accept(hello),
    onPacket: () => undefined,
    onFrameEnd: () => undefined,
    onLink: (_nodeId, state, hello) => {
      if (state === 'up' && hello !== undefined) introduction.welcomed(hello);
    },
    onRefused: (nodeId, refusal) => introduction.refused(nodeId, refusal),
    // What matters ends the start; that connections end when this is over matters to nobody.
    log: (_level, message, details) => {
      if (open) options.log('debug', message, details);
    },
  });
  const timers = [
    setTimeout(() => introduction.waited(), waitMs),
    setTimeout(() => introduction.end(), Math.max(waitMs, limits.joinMs)),
  ];
  transport.setPeers(introduction.others);
  try {
    const welcome = await introduction.result;
    return { incarnation: introduction.hello.incarnation, welcome };
  } finally {
    for (const timer of timers) clearTimeout(timer);
    open = false;
    await transport.close();
  }
}

/** Refusals of peers that cannot prove what they say, but that no cluster should begin beside. */
const strange = new Set<string>([refusalCodes.secret, refusalCodes.protocolVersion]);

/** What the peers have said so far, and what follows from it. */
class Introduction {
  readonly others: ReturnType<typeof sortedPeers>;
  readonly result: Promise<PeerHello | undefined>;
  readonly #options: PreflightOptions;
  readonly #watch = new RefusalWatch();
  /** The last refusal of each peer that refused. */
  readonly #refusals = new Map<number, ReceivedRefusal>();
  /** Peers that let the node in and have no past themselves. */
  readonly #beginners = new Map<number, PeerHello>();
  /** At least what each peer was told as the incarnation when it was dialled last. */
  readonly #shown = new Map<number, number>();
  #incarnation: number;
  #resolve: (welcome: PeerHello | undefined) => void = () => undefined;
  #reject: (reason: FencepostError) => void = () => undefined;

  constructor(options: PreflightOptions) {
    this.#options = options;
    this.#incarnation = options.incarnation;
    this.others = sortedPeers(options.peers).filter(({ nodeId }) => nodeId !== options.nodeId);
    this.result = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  get hello(): PeerHello {
    const { clusterId, nodeId, partitionCount, clientAddress } = this.#options;
    return {
      clusterId,
      nodeId,
      incarnation: this.#incarnation,
      protocolVersion,
      partitionCount,
      peers: sortedPeers(this.#options.peers),
      clientAddress,
      joining: true,
    };
  }

  accept(hello: PeerHello) {
    return refusalOf(hello, { self: this.hello, members: [], established: false });
  }

  /**
   * One that begins itself lets everybody in, and so says nothing about the past of this node: it
   * decides only if nobody else is heard.
   */
  welcomed(hello: PeerHello): void {
    if (!hello.joining) return this.#resolve(hello);
    this.#beginners.set(hello.nodeId, hello);
    if (this.others.every(({ nodeId }) => this.#beginners.has(nodeId))) this.#resolve(hello);
  }

  refused(nodeId: number, refusal: ReceivedRefusal): void {
    if (refusal.proven && refusal.code === judgements.usedIncarnation) return this.#used(nodeId);
    this.#refusals.set(nodeId, refusal);
    const reason = this.#watch.refused(nodeId, refusal, performance.now());
    if (reason !== undefined) return this.#reject(reason);
    // One that was told other things may itself be wrong; all others are not.
    if (!this.others.every((other) => this.#isOfOther(other.nodeId))) return;
    this.#reject(refusedBy(nodeId, refusal));
  }

  /** Nobody who knows has let the node in for the usual time. */
  waited(): void {
    const refusals = [...this.#refusals];
    const notReady = refusals.find(([, { code }]) => code === judgements.notReady);
    if (notReady !== undefined) {
      return this.#options.log('info', 'waiting to be let in', { because: notReady[1].text });
    }
    if (refusals.some(([, { code }]) => code === refusalCodes.nodeIdInUse)) return;
    const [beginner] = this.#beginners.values();
    if (beginner !== undefined) return this.#resolve(beginner);
    const found = refusals.find(([id, { code }]) => this.#isOfOther(id) || strange.has(code));
    if (found === undefined) this.#resolve(undefined);
    else this.#reject(refusedBy(...found));
  }

  end(): void {
    const [first] = this.#refusals;
    if (first === undefined) this.#resolve(undefined);
    else this.#reject(refusedBy(...first));
  }

  #isOfOther(nodeId: number): boolean {
    const refusal = this.#refusals.get(nodeId);
    return refusal?.proven === true && refusal.code === judgements.otherCluster;
  }

  /** A peer that was dialled before the last step speaks of the incarnation before it. */
  #used(nodeId: number): void {
    const shown = this.#shown.get(nodeId) ?? this.#options.incarnation;
    const steps = shown === this.#incarnation && shown < limits.incarnationMax;
    if (steps) this.#incarnation += 1;
    this.#shown.set(nodeId, this.#incarnation);
  }
}
