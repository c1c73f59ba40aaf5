import { assert } from '../../src/base/assert.ts';
import { Prng } from '../../src/base/prng.ts';
import type { Message } from '../../src/raft/message.ts';
import type { Output, ReadConfirmation } from '../../src/raft/output.ts';
import { Raft } from '../../src/raft/raft.ts';
import {
  type Configuration,
  type Entry,
  type HardState,
  type Index,
  indexOf,
  type LogBase,
  NOBODY,
  type ReplicaId,
  replicaIdOf,
  termOf,
} from '../../src/raft/types.ts';

/**
 * Replicas with disks and links that do only what the test tells them: a write waits until it is
 * saved, a message until it is delivered. Messages leave at once, without waiting for the hard
 * state of the same output: holding back is the core's own promise.
 */
export interface Disk {
  hardState: HardState;
  base: LogBase;
  entries: Entry[];
}

export interface Write {
  readonly hardState: HardState | undefined;
  readonly entries: readonly Entry[];
}

export interface Packet {
  readonly from: ReplicaId;
  readonly to: ReplicaId;
  readonly message: Message;
}

export interface Node {
  readonly id: ReplicaId;
  readonly disk: Disk;
  /** Undefined while it is down. */
  raft: Raft | undefined;
  /** Outputs on their way to the disk, oldest first. */
  writes: Write[];
  /** The log in memory, rebuilt from outputs alone. */
  log: Entry[];
  appliedIndex: Index;
  restartCount: number;
}

export interface ClusterObserver {
  output(node: Node, output: Output): void;
  /** After each input of `node`, when its outputs have been taken. */
  settled(node: Node): void;
}

export interface ClusterOptions {
  readonly voterCount: number;
  readonly learnerCount?: number;
  readonly electionTimeoutTicks?: number;
  readonly heartbeatTicks?: number;
  readonly seed?: number;
  /** Another build of the core, for negative controls. */
  readonly Core?: typeof Raft;
  readonly observer?: ClusterObserver;
}

export class Cluster {
  readonly configuration: Configuration;
  readonly nodes: readonly Node[];
  network: Packet[] = [];
  timeMs = 0;
  readonly reads: { node: Node; confirmation: ReadConfirmation }[] = [];
  readonly lostReads: { node: Node; id: number }[] = [];
  readonly #options: ClusterOptions;

  constructor(options: ClusterOptions) {
    this.#options = options;
    const { voterCount, learnerCount = 0 } = options;
    const ids = Array.from({ length: voterCount + learnerCount }, (_, at) => replicaIdOf(at + 1));
    this.configuration = {
      voters: ids.slice(0, voterCount),
      outgoing: [],
      learners: ids.slice(voterCount),
    };
    this.nodes = ids.map((id) => ({
      id,
      disk: {
        hardState: { term: termOf(0), votedFor: NOBODY },
        base: { index: indexOf(0), term: termOf(0), timeMs: 0 },
        entries: [],
      },
      raft: undefined,
      writes: [],
      log: [],
      appliedIndex: indexOf(0),
      restartCount: 0,
    }));
    for (const node of this.nodes) this.restart(node);
  }

  node(id: number): Node {
    const node = this.nodes[id - 1];
    assert(node !== undefined, `there is no node ${id}`);
    return node;
  }

  /** The core of a node that is up. */
  raft(id: number): Raft {
    const { raft } = this.node(id);
    assert(raft !== undefined, `node ${id} is down`);
    return raft;
  }

  restart(node: Node): void {
    assert(node.raft === undefined, 'only what is down is started');
    const { Core = Raft, seed = 1, electionTimeoutTicks = 10, heartbeatTicks = 2 } = this.#options;
    node.restartCount += 1;
    node.log = [...node.disk.entries];
    node.appliedIndex = node.disk.base.index;
    node.writes = [];
    node.raft = new Core({
      self: node.id,
      configuration: this.configuration,
      hardState: node.disk.hardState,
      snapshot: node.disk.base,
      entries: node.disk.entries,
      electionTimeoutTicks,
      heartbeatTicks,
      prng: new Prng(seed * 1000 + node.id * 100 + node.restartCount),
    });
    this.pump(node);
  }

  /** Stops a node; the oldest `survivingWrites` of its writes reach the disk all the same. */
  crash(node: Node, survivingWrites = 0): void {
    for (const write of node.writes.slice(0, survivingWrites)) writeToDisk(node.disk, write);
    node.raft = undefined;
    node.writes = [];
  }

  tick(node: Node): void {
    this.timeMs += 1;
    this.#input(node, (raft) => raft.tick());
  }

  campaign(node: Node): void {
    this.#input(node, (raft) => raft.campaign());
  }

  propose(node: Node, payload: Buffer): Index | undefined {
    return this.#input(node, (raft) => raft.propose('effects', payload, this.timeMs));
  }

  readIndex(node: Node): number | undefined {
    return this.#input(node, (raft) => raft.readIndex());
  }

  /** Delivers a packet that was taken from the network; lost if its target is down. */
  deliver(packet: Packet): void {
    const node = this.node(packet.to);
    if (node.raft === undefined) return;
    this.#input(node, (raft) => raft.step(packet.from, packet.message));
  }

  /** The oldest write of `node` reaches its disk, which says so. */
  save(node: Node): void {
    const write = node.writes.shift();
    if (write === undefined) return;
    writeToDisk(node.disk, write);
    this.#input(node, (raft) => {
      if (write.hardState !== undefined) raft.saved(write.hardState);
      const last = write.entries.at(-1);
      if (last !== undefined) raft.appended(last.index, last.term);
    });
  }

  /** A checkpoint at `index`: the log before it is forgotten in memory and on disk. */
  compact(node: Node, index: Index): void {
    const entry = node.disk.entries.find((one) => one.index === index);
    if (entry === undefined || index > node.appliedIndex) return;
    this.#input(node, (raft) => raft.compact(index));
    node.disk.base = { index, term: entry.term, timeMs: entry.timeMs };
    node.disk.entries = node.disk.entries.filter((one) => one.index > index);
    node.log = node.log.filter((one) => one.index > index);
  }

  /** Takes the oldest packet of one link from the network. */
  takePacket(from: number, to: number): Packet | undefined {
    const at = this.network.findIndex((packet) => packet.from === from && packet.to === to);
    return at === -1 ? undefined : this.network.splice(at, 1)[0];
  }

  /** Saves and delivers in order until nothing is under way. */
  settle(): void {
    for (let round = 0; round < 10_000; round += 1) {
      const writing = this.nodes.find((node) => node.writes.length > 0);
      if (writing !== undefined) this.save(writing);
      const packet = this.network.shift();
      if (packet !== undefined) this.deliver(packet);
      if (writing === undefined && packet === undefined) return;
    }
    assert(false, 'a cluster without ticks comes to rest');
  }

  pump(node: Node): void {
    const { raft } = node;
    while (raft?.hasOutput === true) this.#perform(node, raft.takeOutput());
    this.#options.observer?.settled(node);
  }

  #perform(node: Node, output: Output): void {
    const { hardState, entries } = output;
    if (hardState !== undefined || entries.length > 0) node.writes.push({ hardState, entries });
    writeEntries(node.log, entries);
    for (const { to, message } of output.messages) {
      this.network.push({ from: node.id, to, message });
    }
    for (const entry of output.committed) {
      assert(entry.index === node.appliedIndex + 1, 'entries are applied in order, once');
      node.appliedIndex = entry.index;
    }
    for (const confirmation of output.reads) this.reads.push({ node, confirmation });
    for (const id of output.lostReads) this.lostReads.push({ node, id });
    this.#options.observer?.output(node, output);
  }

  #input<Result>(node: Node, act: (raft: Raft) => Result): Result {
    const { raft } = node;
    assert(raft !== undefined, `node ${node.id} is down`);
    raft.setTime(this.timeMs);
    const result = act(raft);
    this.pump(node);
    return result;
  }
}

function writeToDisk(disk: Disk, write: Write): void {
  if (write.hardState !== undefined) disk.hardState = write.hardState;
  writeEntries(disk.entries, write.entries);
}

/** Appends `entries`; a first index at or below an earlier one cuts the log there first. */
function writeEntries(log: Entry[], entries: readonly Entry[]): void {
  const [first] = entries;
  if (first === undefined) return;
  const at = log.findIndex((entry) => entry.index >= first.index);
  if (at !== -1) log.length = at;
  log.push(...entries);
}
