import { assert } from '../../src/base/assert.ts';
import { limits } from '../../src/base/limits.ts';
import { Prng } from '../../src/base/prng.ts';
import { indexOf } from '../../src/raft/types.ts';
import { Cluster, type Node } from './cluster.ts';
import { Judge, type RunCounts, Violation } from './judge.ts';

export interface ExplorationOptions {
  readonly seed: number;
  readonly voterCount: number;
  readonly learnerCount?: number;
  /** Nodes that are no members at the start; with them, the members change. */
  readonly spareCount?: number;
  readonly steps: number;
}

/**
 * One run under one seed: first chance decides what happens next (safety), then the faults end
 * and the group must become useful again within a bounded number of ticks (liveness).
 *
 * @throws Violation or AssertionError if a property does not hold
 */
export function explore(options: ExplorationOptions): RunCounts {
  return new Exploration(options).run();
}

/** More than one AppendEntries may carry, so that logs are also replicated entry by entry. */
const largeBytes = limits.appendBytesMax + 1;
const sharedPayload = Buffer.alloc(largeBytes + 100_000);
const networkPacketsMax = 400;

class Exploration {
  readonly #prng: Prng;
  readonly #cluster: Cluster;
  readonly #judge = new Judge();
  readonly #steps: number;
  /** Links that deliver nothing, as `from * 100 + to`. */
  readonly #cutLinks = new Set<number>();
  /** Nodes whose process is paused: they hear nothing, and their clocks stand still. */
  readonly #paused = new Set<Node>();
  // How often things go wrong is drawn once a run: quiet runs and wild ones both find things.
  readonly #dropOneIn: number;
  readonly #doubleOneIn: number;
  readonly #shuffleOneIn: number;
  readonly #crashOneIn: number;
  readonly #bounceOneIn: number;
  readonly #cutOneIn: number;
  readonly #campaignOneIn: number;
  readonly #saveOneIn: number;
  readonly #largeOneIn: number;
  readonly #deliveriesMax: number;
  readonly #changeOneIn: number;
  readonly #transferOneIn: number;
  readonly #streamOneIn: number;
  readonly #wakeOneIn: number;
  /** Whether a cut link keeps its packets for later instead of losing them. */
  readonly #cutHolds: boolean;
  #proposed = 0;

  constructor(options: ExplorationOptions) {
    const { seed, voterCount, learnerCount = 0, spareCount = 0, steps } = options;
    const prng = new Prng(seed);
    this.#prng = prng;
    this.#steps = steps;
    this.#dropOneIn = prng.pick([5, 30, 1000]);
    this.#doubleOneIn = prng.pick([5, 30, 1000]);
    this.#shuffleOneIn = prng.pick([2, 10, 1000]);
    this.#crashOneIn = prng.pick([20, 60, 300]);
    this.#bounceOneIn = prng.pick([10, 100, 1000]);
    this.#cutOneIn = prng.pick([10, 30, 100]);
    this.#campaignOneIn = prng.pick([4, 20, 100]);
    this.#saveOneIn = prng.pick([1, 2, 4]);
    this.#largeOneIn = prng.pick([1, 2, 50]);
    this.#deliveriesMax = voterCount * prng.pick([1, 3, 10]);
    this.#cutHolds = prng.oneIn(2);
    this.#changeOneIn = spareCount > 0 ? prng.pick([5, 20, 60]) : 0;
    this.#transferOneIn = prng.pick([20, 100, 1000]);
    this.#streamOneIn = prng.pick([1, 4, 10]);
    this.#wakeOneIn = prng.pick([10, 100, 1000]);
    const quiesceTicks = prng.pick([0, 1, 5]);
    this.#cluster = new Cluster({
      voterCount,
      learnerCount,
      spareCount,
      seed,
      electionTimeoutTicks: prng.pick([3, 6]),
      heartbeatTicks: prng.pick([1, 2]),
      observer: this.#judge,
      ...(quiesceTicks === 0 ? {} : { quiesceTicks }),
    });
    this.#judge.cluster = this.#cluster;
  }

  run(): RunCounts {
    for (let step = 0; step < this.#steps; step += 1) this.#act();
    this.#heal();
    return this.#judge.counts;
  }

  /** A little of everything: time passes, disks and links work, clients ask, things break. */
  #act(): void {
    const prng = this.#prng;
    for (const node of this.#cluster.nodes) {
      if (this.#isRunning(node) && prng.oneIn(3)) this.#cluster.tick(node);
      if (this.#isRunning(node) && prng.oneIn(this.#saveOneIn)) this.#cluster.save(node);
    }
    const deliveries = prng.below(this.#deliveriesMax + 1);
    for (let count = 0; count < deliveries; count += 1) this.#deliverOne();
    const node = prng.pick(this.#cluster.nodes);
    if (node.raft !== undefined) this.#ask(node);
    if (prng.oneIn(this.#streamOneIn)) this.#endStream();
    if (this.#changeOneIn > 0 && prng.oneIn(this.#changeOneIn)) this.#changeMembers();
    if (prng.oneIn(this.#transferOneIn)) this.#transfer();
    if (prng.oneIn(this.#wakeOneIn)) this.#wake();
    if (prng.oneIn(this.#cutOneIn)) this.#cutOrJoinLinks();
    if (prng.oneIn(this.#cutOneIn)) this.#pauseOrResume();
    if (prng.oneIn(this.#crashOneIn)) this.#crash(this.#victim());
    if (prng.oneIn(this.#campaignOneIn)) this.#campaign();
    if (prng.oneIn(this.#bounceOneIn)) this.#bounce(prng.pick(this.#cluster.nodes));
    if (prng.oneIn(10)) this.#restart(prng.pick(this.#cluster.nodes));
  }

  /** What clients and operators do. */
  #ask(node: Node): void {
    const action = this.#prng.below(20);
    if (action < 6) this.#propose(node);
    else if (action < 12) this.#read(node);
    else if (action < 14) this.#compact(node);
  }

  /** Anybody, but often a leader: that is where something can be lost. */
  #victim(): Node {
    const { nodes } = this.#cluster;
    const leader = nodes.find((node) => node.raft?.role === 'leader');
    return leader !== undefined && this.#prng.oneIn(2) ? leader : this.#prng.pick(nodes);
  }

  /** One stands for election, or all at the same moment: then votes split. */
  #campaign(): void {
    const { nodes } = this.#cluster;
    const candidates = this.#prng.oneIn(3) ? nodes : [this.#prng.pick(nodes)];
    for (const node of candidates) if (this.#isRunning(node)) this.#cluster.campaign(node);
  }

  #isRunning(node: Node): boolean {
    return node.raft !== undefined && !this.#paused.has(node);
  }

  /** Out of order, sometimes twice, sometimes never. */
  #deliverOne(): void {
    const { network } = this.#cluster;
    if (network.length === 0) return;
    const at = this.#prng.oneIn(this.#shuffleOneIn) ? this.#prng.below(network.length) : 0;
    const packet = network[at];
    assert(packet !== undefined, 'the packet is in the network');
    const isCut = this.#cutLinks.has(packet.from * 100 + packet.to);
    const isHeld = this.#paused.has(this.#cluster.node(packet.to)) || (isCut && this.#cutHolds);
    const isFull = network.length > networkPacketsMax;
    const isDoubled = this.#prng.oneIn(this.#doubleOneIn);
    network.splice(at, 1);
    // To the back, so that the links that work get their turn.
    if ((isHeld || isDoubled) && !isFull) network.push(packet);
    if (isHeld || isCut || this.#prng.oneIn(this.#dropOneIn)) return;
    this.#cluster.deliver(packet);
  }

  /** Whether the node took a proposal. */
  #propose(node: Node): boolean {
    this.#proposed += 1;
    // The length names the proposal; the bytes are shared.
    const size = (this.#prng.oneIn(this.#largeOneIn) ? largeBytes : 0) + this.#proposed;
    return this.#cluster.propose(node, sharedPayload.subarray(0, size)) !== undefined;
  }

  #read(node: Node): void {
    // Asked before the core starts the round, as the floor must be.
    const { raft } = node;
    const id = raft?.readIndex();
    if (id === undefined) return;
    this.#judge.readAsked(node, id);
    this.#cluster.pump(node);
  }

  /** Anything that this node has applied: the others may need the state then. */
  #compact(node: Node): void {
    const count = node.appliedIndex - node.disk.base.index;
    if (count <= 0) return;
    this.#cluster.compact(node, indexOf(node.disk.base.index + 1 + this.#prng.below(count)));
    this.#judge.counts.compactions += 1;
  }

  /** Random members; whoever takes itself for a leader is asked, or anybody. */
  #changeMembers(): void {
    const { nodes } = this.#cluster;
    const node = this.#victim();
    if (node.raft === undefined) return;
    const voters = nodes.filter(() => this.#prng.oneIn(2)).map(({ id }) => id);
    if (voters.length === 0) return;
    const others = nodes.map(({ id }) => id).filter((id) => !voters.includes(id));
    const learners = others.filter(() => this.#prng.oneIn(3));
    const old = node.raft.configuration.voters;
    // Often only the learners change, or one voter.
    this.#cluster.change(
      node,
      this.#prng.oneIn(3)
        ? { voters: old, learners: nodes.map(({ id }) => id).filter((id) => !old.includes(id)) }
        : { voters, learners },
    );
  }

  #transfer(): void {
    const node = this.#victim();
    if (node.raft === undefined) return;
    const { id } = this.#prng.pick(this.#cluster.nodes);
    if (id !== node.id && this.#cluster.transfer(node, id)) this.#judge.counts.transfers += 1;
  }

  /** A state that is on its way arrives, or does not, or arrives without its sender knowing. */
  #endStream(): void {
    const { streams } = this.#cluster;
    if (streams.length === 0) return;
    const at = this.#prng.below(streams.length);
    const stream = streams[at];
    assert(stream !== undefined, 'the state is on its way');
    const { from, request } = stream;
    const to = this.#cluster.node(request.to);
    if (this.#paused.has(to) || this.#paused.has(from)) return;
    // What arrives may arrive again, much later.
    if (!this.#prng.oneIn(3)) streams.splice(at, 1);
    const isCut = this.#cutLinks.has(from.id * 100 + to.id);
    if (isCut || this.#prng.oneIn(4)) this.#cluster.failStream(stream);
    else this.#cluster.finishStream(stream);
  }

  /** What a node does that lost the link to another one, or believes so. */
  #wake(): void {
    const node = this.#prng.pick(this.#cluster.nodes);
    if (this.#isRunning(node)) this.#cluster.wake(node, this.#prng.below(4));
  }

  #cutOrJoinLinks(): void {
    if (this.#prng.oneIn(2)) {
      this.#cutLinks.clear();
      return;
    }
    const { nodes } = this.#cluster;
    const isOneAlone = this.#prng.oneIn(2);
    const half = nodes.filter(() => this.#prng.oneIn(2));
    const inside = new Set(isOneAlone ? [this.#victim()] : half);
    const isOneWay = this.#prng.oneIn(4);
    for (const from of nodes) {
      for (const to of nodes) {
        if (inside.has(from) === inside.has(to)) continue;
        if (isOneWay && inside.has(from)) continue;
        this.#cutLinks.add(from.id * 100 + to.id);
      }
    }
  }

  #pauseOrResume(): void {
    if (this.#paused.size > 0) this.#paused.clear();
    else this.#paused.add(this.#victim());
  }

  /** What was on its way to the disk is lost, or its oldest part is not. */
  #crash(node: Node): void {
    if (node.raft === undefined) return;
    this.#cluster.crash(node, this.#prng.below(node.writes.length + 1));
    this.#judge.counts.crashes += 1;
  }

  /** Down and up again at once: what was in memory only is lost, and messages find it again. */
  #bounce(node: Node): void {
    this.#crash(node);
    this.#restart(node);
  }

  #restart(node: Node): void {
    if (node.raft === undefined) this.#cluster.restart(node);
  }

  /** All nodes up, all links whole: a leader, and everything committed at every member. */
  #heal(): void {
    const cluster = this.#cluster;
    this.#cutLinks.clear();
    this.#paused.clear();
    for (const node of cluster.nodes) this.#restart(node);
    const ticksMax = 400;
    let wasProposed = false;
    for (let tick = 0; tick < ticksMax; tick += 1) {
      cluster.settle();
      const leader = cluster.nodes.find((node) => node.raft?.leaderReady === true);
      if (leader !== undefined && wasProposed && this.#isComplete(leader)) return;
      if (leader !== undefined && tick % 20 === 0 && this.#propose(leader)) wasProposed = true;
      for (const node of cluster.nodes) cluster.tick(node);
    }
    throw new Violation(`no progress within ${ticksMax} ticks without faults`);
  }

  #isComplete({ raft }: Node): boolean {
    if (raft === undefined || raft.changing || raft.commitIndex !== raft.lastIndex) return false;
    const { voters, learners } = raft.configuration;
    return [...voters, ...learners].every(
      (id) => this.#cluster.node(id).appliedIndex === raft.lastIndex,
    );
  }
}
