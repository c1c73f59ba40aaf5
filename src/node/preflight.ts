import type { FencepostError } from '../base/errors.ts';
import { limits } from '../base/limits.ts';
import { refusalCodes } from '../transport/handshake.ts';
import { type PeerHello, protocolVersion } from '../transport/peer-hello.ts';
import { Transport } from '../transport/transport.ts';
import type { ReceivedRefusal, TransportOptions } from '../transport/transport-options.ts';
import { newClaim } from './claim.ts';
import { isFounder, judgements, refusalOf, sortedPeers } from './peer-judgement.ts';
import { RefusalWatch, refusedBy } from './refusal-watch.ts';

export interface PreflightOptions {
  readonly nodeId: number;
  /** '' if the node joins a cluster that it does not know yet. */
  readonly clusterId: string;
  /** What is left in its folder of it. */
  readonly foundingId: string;
  /** The first incarnation that is free as far as this node knows. */
  readonly incarnation: number;
  /** 0 if it is not known. */
  readonly partitionCount: number;
  /** Of every node that is known, this one possibly among them. */
  readonly peers: ReadonlyMap<number, string>;
  /**
   * It has a folder already, in which nothing happened yet: it asks whether its incarnation was
   * used without it, and claims none.
   */
  readonly keeps?: boolean;
  readonly listen: TransportOptions['listen'];
  readonly secret: Buffer | undefined;
  /** Awaited while the peer port is taken, before any peer is asked. */
  readonly checkAddresses?: () => Promise<void>;
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
 * acknowledged, and what is left of it must not speak in their name: it comes back under an
 * incarnation that the cluster grants to it alone (`claim.ts`). It ends as soon as a peer lets the
 * node in under such a grant. A founder begins without one when it has met nobody for a while but
 * others that begin. As long as a peer says that the cluster cannot tell yet, the node waits.
 *
 * @param waitMs for how long a first answer is waited for
 * @throws FencepostError `PEER_REFUSED` if the peers say that this node cannot be of the cluster,
 *   with the exact difference; `ADDRESS_IN_USE` or the like if the peer port cannot be used
 */
export async function introduce(
  options: PreflightOptions,
  waitMs: number,
): Promise<PreflightResult> {
  const introduction = new Introduction(options, waitMs);
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
  let timer: NodeJS.Timeout | undefined;
  try {
    await options.checkAddresses?.();
    introduction.begin(performance.now());
    timer = setInterval(() => introduction.look(performance.now()), lookMs);
    transport.setPeers(introduction.others);
    const welcome = await introduction.result;
    return { incarnation: introduction.hello.incarnation, welcome };
  } finally {
    clearInterval(timer);
    open = false;
    await transport.close();
  }
}

const lookMs = 50;
/** What a peer said longer ago does not count: it is dialled at least once a second. */
const recentMs = 3_000;
/** Ms between two lines that tell that the node waits. */
const waitingLineMs = 10_000;

/** Refusals of peers that cannot prove what they say, but that no cluster should begin beside. */
const strange = new Set<string>([
  refusalCodes.secret,
  refusalCodes.protocolVersion,
  refusalCodes.otherNode,
]);

/** What ends as soon as the cluster has a leader that a majority follows. */
const passing = new Set<string>([judgements.notReady, judgements.notGranted]);

interface TimedRefusal extends ReceivedRefusal {
  readonly atMs: number;
}

/** What the peers have said so far, and what follows from it. */
class Introduction {
  readonly others: ReturnType<typeof sortedPeers>;
  readonly result: Promise<PeerHello | undefined>;
  readonly #options: PreflightOptions;
  readonly #waitMs: number;
  readonly #watch = new RefusalWatch();
  /** The last refusal of each peer that refused. */
  readonly #refusals = new Map<number, TimedRefusal>();
  /** Peers that let the node in and cannot know more than it does. */
  readonly #beginners = new Map<number, PeerHello>();
  readonly #claim = newClaim();
  #beganMs = Number.POSITIVE_INFINITY;
  #incarnation: number;
  #toldAtMs = Number.NEGATIVE_INFINITY;
  #resolve: (welcome: PeerHello | undefined) => void = () => undefined;
  #reject: (reason: FencepostError) => void = () => undefined;

  constructor(options: PreflightOptions, waitMs: number) {
    this.#options = options;
    this.#waitMs = waitMs;
    this.#incarnation = options.incarnation;
    this.others = sortedPeers(options.peers).filter(({ nodeId }) => nodeId !== options.nodeId);
    this.result = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  /** Peers are asked from now on: whoever was not yet cannot have been silent. */
  begin(nowMs: number): void {
    this.#beganMs = nowMs;
  }

  get hello(): PeerHello {
    const { clusterId, foundingId, nodeId, partitionCount, keeps } = this.#options;
    return {
      clusterId,
      foundingId,
      nodeId,
      incarnation: this.#incarnation,
      protocolVersion,
      partitionCount,
      peers: sortedPeers(this.#options.peers),
      clientAddress: '',
      joining: true,
      introduction: { claim: keeps === true ? '' : this.#claim },
    };
  }

  accept(hello: PeerHello) {
    const self = this.hello;
    return refusalOf(hello, {
      self,
      members: [],
      grant: undefined,
      begins: isFounder(self),
      takesPart: false,
    });
  }

  /**
   * Whoever knows the cluster lets nobody begin in it any more. So one that lets a founder in
   * under its first incarnation says nothing about the past of it: it decides only if nobody else
   * is heard.
   */
  welcomed(hello: PeerHello): void {
    this.#refusals.delete(hello.nodeId);
    if (!isFounder(this.hello)) {
      if (!hello.joining) this.#resolve(hello);
      return;
    }
    this.#beginners.set(hello.nodeId, hello);
    if (this.others.every(({ nodeId }) => this.#beginners.has(nodeId))) this.#resolve(hello);
  }

  refused(nodeId: number, refusal: ReceivedRefusal): void {
    const { usedIncarnation: used } = refusal;
    if (refusal.proven && used !== undefined && used < limits.incarnationMax) {
      return this.#used(used);
    }
    const atMs = performance.now();
    this.#refusals.set(nodeId, { ...refusal, atMs });
    const reason = this.#watch.refused(nodeId, refusal, atMs);
    if (reason !== undefined) return this.#reject(reason);
    // One that was told other things may itself be wrong; all others are not.
    if (!this.others.every((other) => this.#isOfOther(other.nodeId))) return;
    this.#reject(refusedBy(nodeId, refusal));
  }

  /** Called many times a second: how long nobody who knows has let the node in. */
  look(nowMs: number): void {
    const waitedMs = nowMs - this.#beganMs;
    if (waitedMs < this.#waitMs) return;
    const refusals = [...this.#refusals].filter(([, { atMs }]) => nowMs - atMs <= recentMs);
    const over = waitedMs >= Math.max(this.#waitMs, limits.joinMs);
    const wait = refusals.find(([, { code, proven }]) => proven && passing.has(code));
    if (wait !== undefined && !(over && this.#options.keeps === true)) {
      return this.#tellWait(nowMs, wait[1]);
    }
    if (over) return this.#end(refusals);
    if (refusals.some(([, { code }]) => code === refusalCodes.nodeIdInUse)) return;
    const found = refusals.find(([id, { code }]) => this.#isOfOther(id) || strange.has(code));
    const [beginner] = this.#beginners.values();
    if (isFounder(this.hello) && (beginner !== undefined || found === undefined)) {
      return this.#resolve(beginner);
    }
    if (found !== undefined) this.#reject(refusedBy(...found));
  }

  #end([first]: readonly (readonly [number, TimedRefusal])[]): void {
    if (first === undefined || passing.has(first[1].code)) this.#resolve(undefined);
    else this.#reject(refusedBy(...first));
  }

  #tellWait(nowMs: number, { text }: TimedRefusal): void {
    if (nowMs - this.#toldAtMs < waitingLineMs) return;
    this.#toldAtMs = nowMs;
    const seconds = Math.round((nowMs - this.#beganMs) / 1_000);
    this.#options.log('info', 'waiting to be let in', { because: text, seconds });
  }

  #isOfOther(nodeId: number): boolean {
    const refusal = this.#refusals.get(nodeId);
    return refusal?.proven === true && refusal.code === judgements.otherCluster;
  }

  /** Peers that lag, and those that were dialled before, speak of lower ones. */
  #used(incarnation: number): void {
    this.#incarnation = Math.max(this.#incarnation, incarnation + 1);
    // That was all it asked; what is left in its folder is put aside before it claims another.
    if (this.#options.keeps === true && this.#incarnation !== this.#options.incarnation) {
      this.#resolve(undefined);
    }
  }
}
