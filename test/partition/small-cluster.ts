import { createHash } from 'node:crypto';
import { assert } from '../../src/base/assert.ts';
import type { ByteString } from '../../src/base/byte-string.ts';
import { Prng } from '../../src/base/prng.ts';
import { createCommandTable } from '../../src/commands/command-table.ts';
import type { ServerPort } from '../../src/commands/server-port.ts';
import type { QueuedCommand, SessionPort } from '../../src/commands/session-port.ts';
import { allCommands } from '../../src/commands/table.ts';
import { Base } from '../../src/keyspace/base.ts';
import { Keyspace } from '../../src/keyspace/keyspace.ts';
import { tokenOf } from '../../src/keyspace/lease.ts';
import type { Outcome } from '../../src/partition/outcome.ts';
import { Partition } from '../../src/partition/partition.ts';
import { Router } from '../../src/partition/router.ts';
import type { Message } from '../../src/raft/message.ts';
import { Raft } from '../../src/raft/raft.ts';
import { indexOf, NOBODY, nodeOf, replicaOf, termOf } from '../../src/raft/types.ts';
import type { Reply } from '../../src/resp/reply.ts';

const commands = createCommandTable(allCommands);
export const tickMs = 50;

type Packet =
  | { readonly kind: 'raft'; readonly partition: number; readonly message: Message }
  | { readonly kind: 'request' | 'reply'; readonly body: Buffer };

/** What one node sends to another: in order, each once, until the link dies. */
class Link {
  packets: Packet[] = [];
  up = true;
}

export interface SmallClusterOptions {
  readonly nodeCount?: number;
  readonly partitionCount?: number;
  readonly seed?: number;
}

/**
 * Nodes in one process with the product's groups, partitions and routers; their disks write at
 * once, their links deliver when the test says so, their clock is the test's.
 */
export class SmallCluster {
  readonly nodes: readonly SmallNode[];
  /** Of the largest body that a link takes as a reply. */
  replyBytesMax = Number.POSITIVE_INFINITY;
  readonly prng: Prng;
  readonly published: string[] = [];
  timeMs = 0;
  readonly #links = new Map<string, Link>();
  #lastSessionId = 0;

  /** Whether nodes are heard by each other, beside what they send. */
  hears = false;

  constructor({ nodeCount = 3, partitionCount = 1, seed = 1 }: SmallClusterOptions = {}) {
    this.prng = new Prng(seed);
    const ids = Array.from({ length: nodeCount }, (_, at) => at + 1);
    this.nodes = ids.map((id) => new SmallNode(this, id, ids, partitionCount));
  }

  node(id: number): SmallNode {
    const node = this.nodes[id - 1];
    assert(node !== undefined, `there is no node ${id}`);
    return node;
  }

  link(from: number, to: number): Link {
    const name = `${from}>${to}`;
    const link = this.#links.get(name) ?? new Link();
    this.#links.set(name, link);
    return link;
  }

  send(from: number, to: number, packet: Packet): boolean {
    const link = this.link(from, to);
    if (!link.up || !this.node(to).alive) return false;
    if (packet.kind === 'reply' && packet.body.length > this.replyBytesMax) return false;
    link.packets.push(packet);
    return true;
  }

  /** Delivers the oldest packet of one link; false if there is none. */
  deliver(from: number, to: number): boolean {
    const packet = this.link(from, to).packets.shift();
    if (packet === undefined) return false;
    this.node(to).receive(from, packet);
    return true;
  }

  /** Delivers until nothing is under way. */
  settle(): this {
    for (const node of this.nodes) node.endTurn();
    let moved = true;
    for (let round = 0; moved; round += 1) {
      assert(round < 100_000, 'a cluster without ticks comes to rest');
      moved = false;
      for (const { id: from } of this.nodes) {
        for (const { id: to } of this.nodes) {
          while (this.deliver(from, to)) moved = true;
        }
      }
    }
    return this;
  }

  /** Lets time pass in ticks, with everything delivered after each. */
  run(ms: number): this {
    for (let passedMs = 0; passedMs < ms; passedMs += tickMs) {
      this.tick();
      this.settle();
    }
    return this;
  }

  tick(): void {
    this.timeMs += tickMs;
    for (const node of this.nodes) node.tick();
  }

  /** The link dies with what is on it; whoever sends on it notices. */
  cut(from: number, to: number): void {
    const link = this.link(from, to);
    link.packets = [];
    link.up = false;
    if (this.node(from).alive) this.node(from).router.linkDown(to);
  }

  heal(): void {
    for (const link of this.#links.values()) link.up = true;
  }

  isolate(id: number): void {
    for (const other of this.nodes) {
      if (other.id === id) continue;
      this.cut(id, other.id);
      this.cut(other.id, id);
    }
  }

  /** The process ends; it never comes back. */
  kill(id: number): void {
    this.node(id).alive = false;
    this.isolate(id);
  }

  /** Makes the node the leader of every group, and waits until all know it. */
  lead(id: number): this {
    for (const { partition } of this.node(id).places) this.leadOne(id, partition.id);
    return this;
  }

  leadOne(id: number, partition: number): this {
    for (let attempt = 0; attempt < 50; attempt += 1) {
      const leader = this.nodes.find((node) => node.alive && node.leads(partition));
      if (leader?.id === id) break;
      if (leader === undefined) this.node(id).raft(partition).campaign();
      else leader.raft(partition).transferLeadership(replicaOf(id, 1));
      for (const node of this.nodes) node.endTurn();
      this.settle();
      this.run(tickMs);
    }
    assert(this.node(id).leads(partition), `node ${id} leads partition ${partition}`);
    return this.run(4 * tickMs);
  }

  nextSessionId(): number {
    this.#lastSessionId += 1;
    return this.#lastSessionId;
  }
}

interface SmallPlace {
  readonly partition: Partition;
}

export class SmallNode {
  readonly id: number;
  readonly places: readonly SmallPlace[];
  readonly router: Router;
  readonly sessions = new Map<number, SessionPort>();
  readonly heard: string[] = [];
  alive = true;
  readonly #cluster: SmallCluster;

  constructor(cluster: SmallCluster, id: number, ids: readonly number[], partitionCount: number) {
    this.id = id;
    this.#cluster = cluster;
    const partitions = Array.from({ length: partitionCount + 1 }, (_, number) =>
      this.#openPartition(number, ids),
    );
    this.places = partitions.map((partition) => ({ partition }));
    this.router = new Router({
      partitions,
      commands,
      server: this.#server,
      wallMs: () => 0,
      beginTurn: () => undefined,
      cluster: {
        nodeId: id,
        startId: `start of ${id}`,
        hears: () => this.#cluster.hears,
        leaderOf: (number) => nodeOf(this.raft(number).leader),
        sendRequest: (to, body) => cluster.send(id, to, { kind: 'request', body }),
        sendReply: (to, body) => cluster.send(id, to, { kind: 'reply', body }),
      },
    });
  }

  /** `as`: what the commands of these tests ask a server for, and no more. */
  get #server(): ServerPort {
    return {
      redisVersion: '7.0.15',
      sha1Hex: sha1Of,
      log: () => undefined,
      subscriptions: { receiverCount: () => 0 },
      sessions: { find: (id: number) => this.sessions.get(id) },
    } as unknown as ServerPort;
  }

  partition(number: number): Partition {
    const partition = this.places[number]?.partition;
    assert(partition !== undefined, `there is no partition ${number}`);
    return partition;
  }

  raft(number: number): Raft {
    return this.partition(number).raft;
  }

  leads(number: number): boolean {
    return this.partition(number).servingTerm > 0;
  }

  /** `as`: what router and commands ask a session for, and no more. */
  open(): Client {
    const id = this.#cluster.nextSessionId();
    const session = {
      id,
      db: 0,
      protocol: 2,
      watchedKeys: [] as SessionPort['watchedKeys'],
      channels: new Set(),
      patterns: new Set(),
    } as unknown as SessionPort;
    this.sessions.set(id, session);
    return new Client(this, session);
  }

  receive(from: number, packet: Packet): void {
    if (!this.alive) return;
    if (packet.kind === 'request') this.router.receiveRequest(from, packet.body);
    else if (packet.kind === 'reply') this.router.receiveReply(from, packet.body);
    else if (packet.kind === 'raft') {
      this.raft(packet.partition).step(replicaOf(from, 1), packet.message);
    }
    this.endTurn();
  }

  tick(): void {
    if (!this.alive) return;
    for (const { partition } of this.places) {
      partition.setTime(this.#cluster.timeMs, true);
      partition.raft.tick();
      partition.expireDue();
    }
    this.router.tick(this.#cluster.timeMs);
    this.endTurn();
  }

  /** As a node does it: proposals, then outputs until there are none, then what became possible. */
  endTurn(): void {
    if (!this.alive) return;
    for (let round = 0; round < 100; round += 1) {
      for (const { partition } of this.places) {
        partition.endTurn();
        while (partition.raft.hasOutput) this.#drive(partition);
      }
      this.router.leadersChanged();
      const executed = this.places.some(({ partition }) => {
        return partition.keyspace.effectCount > 0 || partition.raft.hasOutput;
      });
      if (!executed) return;
    }
    assert(false, 'a turn comes to its end');
  }

  #drive(partition: Partition): void {
    const { raft } = partition;
    const output = raft.takeOutput();
    const last = output.entries.at(-1);
    partition.noteAppended(output.entries);
    for (const { to, message } of output.messages) {
      const packet: Packet = { kind: 'raft', partition: partition.id, message };
      this.#cluster.send(this.id, nodeOf(to), packet);
    }
    partition.advance(output);
    if (output.hardState !== undefined) raft.saved(output.hardState);
    if (last !== undefined) raft.appended(last.index, last.term);
  }

  #openPartition(number: number, ids: readonly number[]): Partition {
    const start = { index: indexOf(0), term: termOf(0), timeMs: 0 };
    const raft = new Raft({
      self: replicaOf(this.id, 1),
      configuration: { voters: ids.map((id) => replicaOf(id, 1)), outgoing: [], learners: [] },
      hardState: { term: termOf(0), votedFor: NOBODY },
      snapshot: start,
      entries: [],
      electionTimeoutTicks: 10,
      heartbeatTicks: 2,
      prng: new Prng(this.#cluster.prng.below(1_000_000)),
    });
    return new Partition({
      id: number,
      raft,
      keyspace: new Keyspace(new Base(16), { leaseGuardPercent: 0 }),
      appliedIndex: start.index,
      appliedTerm: start.term,
      appliedTimeMs: start.timeMs,
      monotonicMs: 0,
      graceMs: 1_000,
      lostToken: tokenOf(0),
      onPublish: ({ message }) => this.heard.push(message),
    });
  }
}

/** A connection to one node. */
export class Client {
  readonly node: SmallNode;
  readonly session: SessionPort;

  constructor(node: SmallNode, session: SessionPort) {
    this.node = node;
    this.session = session;
  }

  /** The arguments are words without blanks. */
  say(line: string): Outcome {
    return this.run(...line.split(' '));
  }

  run(...args: ByteString[]): Outcome {
    return this.node.router.execute(this.session, queued(args).command, args);
  }

  watch(...keys: ByteString[]): Outcome {
    return this.node.router.watch(this.session, keys);
  }

  unwatch(): void {
    this.node.router.unwatch(this.session);
  }

  transaction(...lines: readonly string[]): Outcome {
    const queue = lines.map((line) => queued(line.split(' ')));
    return this.node.router.executeTransaction(this.session, queue);
  }
}

export function sha1Of(bytes: ByteString): ByteString {
  return createHash('sha1').update(Buffer.from(bytes, 'latin1')).digest('hex');
}

/** The text of a reply for comparisons: what a person would call it. */
export function shown(outcome: Outcome): unknown {
  return outcome.ready ? shownReply(outcome.reply) : 'waits';
}

function shownReply(reply: Reply): unknown {
  switch (reply.kind) {
    case 'simple':
    case 'error':
      return reply.text;
    case 'integer':
      return Number(reply.value);
    case 'bulk':
      return reply.value;
    case 'null':
    case 'null-array':
      return null;
    case 'array':
      return reply.items.map(shownReply);
    default:
      return reply.kind;
  }
}

function queued(args: readonly ByteString[]): QueuedCommand {
  const command = commands.find(args);
  assert(command !== undefined, 'the tests name commands that exist');
  return { command, args };
}
