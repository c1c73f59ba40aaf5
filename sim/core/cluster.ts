import { assert } from '../../src/base/assert.ts';
import { Prng } from '../../src/base/prng.ts';
import { noMembers } from '../../src/raft/configuration.ts';
import type { MemberTarget } from '../../src/raft/membership.ts';
import type { Message } from '../../src/raft/message.ts';
import type { Output, ReadConfirmation, SnapshotRequest } from '../../src/raft/output.ts';
import { Raft } from '../../src/raft/raft.ts';
import {
  type Configuration,
  type Entry,
  type HardState,
  type Index,
  indexOf,
  NOBODY,
  type ReplicaId,
  replicaIdOf,
  type SnapshotPlace,
  termOf,
} from '../../src/raft/types.ts';

/**
 * Replicas with disks and links that do only what they are told: a write waits until it is
 * saved, a message until it is delivered. Messages leave at once, without waiting for the hard
 * state of the same output: holding back is the core's own promise.
 */
export interface Disk {
  hardState: HardState;
  /** The last checkpoint, from which a restart begins and which is sent to followers. */
  base: SnapshotPlace;
  entries: Entry[];
}

export interface Write {
  readonly hardState: HardState | undefined;
  readonly entries: readonly Entry[];
  /** The state that takes the place of everything before. */
  readonly snapshot: SnapshotPlace | undefined;
}

/** A state on its way from node to node, beside the messages. */
export interface Stream {
  readonly from: Node;
  /** Of the sender: a restart ends its streams. */
  readonly fromLife: number;
  readonly request: SnapshotRequest;
  readonly place: SnapshotPlace;
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
  /** Nodes that are no members yet, and do not know who is. */
  readonly spareCount?: number;
  readonly quiesceTicks?: number;
  readonly electionTimeoutTicks?: number;
  readonly heartbeatTicks?: number;
  readonly seed?: number;
  readonly observer?: ClusterObserver;
}

export class Cluster {
  readonly configuration: Configuration;
  readonly nodes: readonly Node[];
  network: Packet[] = [];
  streams: Stream[] = [];
  timeMs = 0;
  readonly reads: { node: Node; confirmation: ReadConfirmation }[] = [];
  readonly lostReads: { node: Node; id: number }[] = [];
  readonly #options: ClusterOptions;

  constructor(options: ClusterOptions) {
    this.#options = options;
    const { voterCount, learnerCount = 0, spareCount = 0 } = options;
    const memberCount = voterCount + learnerCount;
    const ids = Array.from({ length: memberCount + spareCount }, (_, at) => replicaIdOf(at + 1));
    this.configuration = {
      voters: ids.slice(0, voterCount),
      outgoing: [],
      learners: ids.slice(voterCount, memberCount),
    };
    this.nodes = ids.map((id) => ({
      id,
      disk: {
        hardState: { term: termOf(0), votedFor: NOBODY },
        base: {
          index: indexOf(0),
          term: termOf(0),
          timeMs: 0,
          configuration: id <= memberCount ? this.configuration : noMembers,
        },
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
    const { seed = 1, electionTimeoutTicks = 10, heartbeatTicks = 2 } = this.#options;
    node.restartCount += 1;
    node.log = [...node.disk.entries];
    node.appliedIndex = node.disk.base.index;
    node.writes = [];
    node.raft = new Raft({
      self: node.id,
      configuration: noMembers,
      hardState: node.disk.hardState,
      snapshot: node.disk.base,
      entries: node.disk.entries,
      electionTimeoutTicks,
      heartbeatTicks,
      quiesceTicks: this.#options.quiesceTicks,
      prng: new Prng(seed * 1000 + node.id * 100 + node.restartCount),
    });
    this.pump(node);
  }

  /** Stops a node; the oldest `survivingWrites` of its writes reach the disk all the same. */
  crash(node: Node, survivingWrites = 0): void {
    for (const write of node.writes.slice(0, survivingWrites)) writeToDisk(node.disk, write);
    node.raft = undefined;
    node.writes = [];
    this.streams = this.streams.filter((stream) => stream.from !== node);
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

  change(node: Node, target: MemberTarget): Index | undefined | 'busy' {
    return this.#input(node, (raft) => raft.proposeConfiguration(target, this.timeMs));
  }

  transfer(node: Node, to: ReplicaId): boolean {
    return this.#input(node, (raft) => raft.transferLeadership(to));
  }

  wake(node: Node, silentTicks = 0): void {
    this.#input(node, (raft) => raft.wake(silentTicks));
  }

  /** The oldest state on its way from one node to another one. */
  takeStream(from: number, to: number): Stream | undefined {
    const at = this.streams.findIndex(
      (stream) => stream.from.id === from && stream.request.to === to,
    );
    return at === -1 ? undefined : this.streams.splice(at, 1)[0];
  }

  /** A state that was taken from `streams` is with its target, which tells so. */
  finishStream(stream: Stream): void {
    const { from, request, place } = stream;
    const { to, term, session } = request;
    const node = this.node(to);
    if (node.raft === undefined) {
      this.failStream(stream);
      return;
    }
    const message = { kind: 'install-snapshot', term, session, snapshot: place } as const;
    this.#input(node, (raft) => raft.step(from.id, message));
    if (from.raft === undefined || from.restartCount !== stream.fromLife) return;
    this.#input(from, (raft) => raft.snapshotSent(to, session, place));
  }

  /** A state that was taken from `streams` does not get there. */
  failStream({ from, fromLife, request }: Stream): void {
    if (from.raft === undefined || from.restartCount !== fromLife) return;
    this.#input(from, (raft) => raft.snapshotFailed(request.to, request.session));
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
    const { snapshot } = write;
    if (snapshot !== undefined) {
      node.log = [];
      node.appliedIndex = snapshot.index;
    }
    this.#input(node, (raft) => {
      if (write.hardState !== undefined) raft.saved(write.hardState);
      const last = write.entries.at(-1);
      if (last !== undefined) raft.appended(last.index, last.term);
      if (snapshot !== undefined) raft.snapshotInstalled(snapshot.index, snapshot.term);
    });
  }

  /** A checkpoint at `index`: the log before it is forgotten in memory and on disk. */
  compact(node: Node, index: Index): void {
    const entry = node.disk.entries.find((one) => one.index === index);
    if (entry === undefined || index > node.appliedIndex) return;
    const configuration = node.raft?.configurationAt(index) ?? noMembers;
    if (configuration.voters.length === 0) return;
    this.#input(node, (raft) => raft.compact(index));
    node.disk.base = { index, term: entry.term, timeMs: entry.timeMs, configuration };
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
      if (writing !== undefined || packet !== undefined) continue;
      const stream = this.streams.shift();
      if (stream === undefined) return;
      this.finishStream(stream);
    }
    assert(false, 'a cluster without ticks comes to rest');
  }

  pump(node: Node): void {
    const { raft } = node;
    while (raft?.hasOutput === true) this.#perform(node, raft.takeOutput());
    this.#options.observer?.settled(node);
  }

  #perform(node: Node, output: Output): void {
    const { hardState, entries, snapshot } = output;
    if (hardState !== undefined || entries.length > 0 || snapshot !== undefined) {
      node.writes.push({ hardState, entries, snapshot });
    }
    for (const request of output.snapshotRequests) {
      const { base: place } = node.disk;
      this.streams.push({ from: node, fromLife: node.restartCount, request, place });
    }
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
  if (write.snapshot === undefined) return;
  disk.base = write.snapshot;
  disk.entries = [];
}

/** Appends `entries`; a first index at or below an earlier one cuts the log there first. */
function writeEntries(log: Entry[], entries: readonly Entry[]): void {
  const [first] = entries;
  if (first === undefined) return;
  const at = log.findIndex((entry) => entry.index >= first.index);
  if (at !== -1) log.length = at;
  log.push(...entries);
}
