import { limits } from '../src/base/limits.ts';
import { Prng } from '../src/base/prng.ts';
import { partitionOfSlot, slotOf } from '../src/keyspace/slot.ts';
import { firstIncarnation } from '../src/node/recovery.ts';
import { replicaOf } from '../src/raft/types.ts';
import type { RaftPacket } from '../src/transport/packet.ts';
import type { PeerHello } from '../src/transport/peer-hello.ts';
import type { Introduction } from './data-opening.ts';
import { GroupJudge, type OnCommitted } from './group-judge.ts';
import { introductionOf } from './introduction.ts';
import { LeaseBook } from './lease-book.ts';
import { MessageJudge } from './message-judge.ts';
import { Nemesis } from './nemesis.ts';
import { Network, type NetworkPort } from './network.ts';
import { Operator } from './operator.ts';
import { drawProfile, type Profile, type ProfileOptions } from './profile.ts';
import { ReplyJudge } from './reply-judge.ts';
import { Roster } from './roster.ts';
import { Scheduler } from './scheduler.ts';
import { type ClientCounts, type ClientPort, SimClient } from './sim-client.ts';
import { foundersOf, type NodeObserver, SimNode } from './sim-node.ts';
import { sha1Hex } from './sim-server.ts';
import { SimSession } from './sim-session.ts';
import { StateTrace } from './state-trace.ts';
import { type OtherClient, otherClients } from './traffic.ts';
import { TransactionJudge } from './transaction-judge.ts';
import { TrustBook } from './trust-book.ts';
import { check } from './violation.ts';

export interface WorldOptions extends ProfileOptions {
  readonly seed: number;
  /** Gets one line for each change of state; undefined: nobody wants to know. */
  readonly trace: ((line: string) => void) | undefined;
}

/** Replies that may wait at a time: each client has one request under way. */
const waitingMax = 64;

/** A turn that is taken in leads to writes of its own: a segment's opening, a vote, a no-op. */
const turnsBeyond = 4;

/** Machines beyond those of the founders, for clusters whose members change. */
const spareCount = 6;
const goneStartsOneIn = 4;

/** A cluster, its clients, its faults, and those who judge what they do: one seed. */
export class World {
  readonly scheduler = new Scheduler();
  readonly profile: Profile;
  readonly nodes: readonly SimNode[];
  readonly roster: Roster;
  readonly operator: Operator;
  readonly groups: readonly GroupJudge[];
  readonly nemesis: Nemesis;
  readonly network: Network<readonly RaftPacket[]>;
  readonly book: LeaseBook;
  readonly replies: ReplyJudge;
  readonly transactions: TransactionJudge;
  readonly messages: MessageJudge;
  readonly clientCounts: ClientCounts = {
    sent: 0,
    done: 0,
    refused: 0,
    reads: 0,
    unknown: 0,
    down: 0,
    lastDoneMicros: 0,
  };
  /** A promise may go on: the queue of microtasks has to run before the next event. */
  drainDue = false;
  restartCount = 0;
  installCount = 0;
  readonly #trust: TrustBook;
  readonly #clients: readonly SimClient[];
  readonly #others: readonly OtherClient[];
  readonly #touched = new Set<number>();
  readonly #stoppedAtMicros = new Map<number, number>();
  readonly #trace: StateTrace | undefined;
  readonly #seed: number;
  #clientsStopped = false;
  #sessionCount = 0;

  constructor(options: WorldOptions) {
    const { seed } = options;
    this.#seed = seed;
    const prng = new Prng(seed);
    this.profile = drawProfile(prng, options);
    const { profile, scheduler } = this;
    Object.assign(limits, profile.knobs);
    this.#trace =
      options.trace === undefined ? undefined : new StateTrace(scheduler, options.trace);
    this.book = new LeaseBook(scheduler, 1 + profile.drift);
    this.replies = new ReplyJudge(this.book);
    this.#trust = new TrustBook(scheduler);
    this.transactions = new TransactionJudge(this.book);
    this.messages = new MessageJudge(() => scheduler.nowMicros);
    this.groups = this.#makeGroups();
    this.network = new Network({
      scheduler,
      prng: new Prng(prng.u32()),
      profile: profile.network,
      port: this.#networkPort(),
    });
    const { network } = this;
    const observer = this.#observer();
    const machineCount = profile.nodeCount + (profile.nodeCount > 2 ? spareCount : 0);
    this.nodes = Array.from({ length: machineCount }, (_, at) => {
      const options = { nodeId: at + 1, seed, profile, scheduler, network, observer };
      return new SimNode({ ...options, introduce: (hello) => this.#introduce(hello) });
    });
    this.roster = new Roster(this.nodes, profile.nodeCount);
    const trace = (line: string): void => this.#trace?.tell(line);
    const died = (nodeId: number): void => this.nodeDied(nodeId);
    const nemesisPrng = new Prng(prng.u32());
    this.#clients = this.#makeClients(new Prng(prng.u32()));
    this.#others = this.#makeOthers(new Prng(prng.u32()));
    const { roster } = this;
    this.operator = new Operator({
      prng: new Prng(prng.u32()),
      roster,
      scheduler,
      newSession: () => this.newSession(),
      trace,
      died,
      removed: (nodeId) => {
        for (const { members } of this.groups) members.removed(nodeId);
      },
      invited: (nodeId) => {
        for (const { members } of this.groups) members.invited(nodeId);
      },
    });
    const { operator } = this;
    this.nemesis = new Nemesis({
      ...{ prng: nemesisPrng, profile, scheduler, network, roster, operator, trace, died },
    });
  }

  start(): void {
    this.#trace?.tell(JSON.stringify(this.profile));
    for (const node of this.roster.active) node.start();
    for (const client of [...this.#clients, ...this.#others]) client.start();
    this.nemesis.start();
  }

  /** Clients begin nothing more. */
  stopClients(): void {
    this.#clientsStopped = true;
  }

  /** Looks at the replicas that the last event may have changed. */
  observe(): void {
    if (this.#touched.size === 0) return;
    for (const nodeId of this.#touched) {
      const node = this.#node(nodeId);
      const partitions = node.process?.partitions;
      if (partitions === undefined || node.process?.alive !== true) continue;
      for (const partition of partitions) {
        this.groups[partition.id]?.observe(nodeId, partition);
        this.#trace?.look(nodeId, partition);
        check(partition.waitingCount <= waitingMax, 'queues have limits', () => {
          return `${partition.waitingCount} outcomes wait in partition ${partition.id}`;
        });
      }
      const turns = node.process?.turnsInFlight ?? 0;
      check(
        turns <= limits.turnsInFlightMax + turnsBeyond,
        'queues have limits',
        () => `${turns} turns`,
      );
    }
    this.#touched.clear();
    this.messages.settle();
  }

  /** Sends a command of the simulation's own; the reply is judged like every other. */
  newSession(): SimSession {
    this.#sessionCount += 1;
    return new SimSession(this.#sessionCount);
  }

  /** A key for each partition of slots that no client uses. */
  probeKeys(): readonly string[] {
    const { partitionCount } = this.profile;
    const keys = new Map<number, string>();
    for (let at = 0; keys.size < partitionCount; at += 1) {
      const key = `probe:${at}`;
      const partition = partitionOfSlot(slotOf(key), partitionCount);
      if (!keys.has(partition)) keys.set(partition, key);
    }
    return [...keys.values()];
  }

  #makeGroups(): readonly GroupJudge[] {
    const { profile, book, messages } = this;
    const founders = [...foundersOf(profile).keys()].map((id) => replicaOf(id, firstIncarnation));
    return Array.from({ length: profile.partitionCount + 1 }, (_, partition) => {
      const onCommitted: OnCommitted = (entry, effects) => {
        for (const each of effects) {
          if (each.kind === 'put') this.#trust.granted(each.lease.value);
          else if (each.kind === 'publish') messages.committed(each);
        }
        this.#trace?.committed(partition, entry, effects);
      };
      return new GroupJudge({ partition, founders, book, onCommitted });
    });
  }

  #introduce(hello: PeerHello): Introduction {
    return introductionOf(hello, this.roster.of('member', 'leaving'), this.network);
  }

  #makeOthers(prng: Prng): readonly OtherClient[] {
    const { profile, scheduler, transactions, messages } = this;
    return otherClients({
      profile,
      scheduler,
      prng,
      transactions,
      messages,
      trust: this.#trust,
      port: this.#clientPort(),
      firstId: profile.clientCount + 1,
      trace: (line) => this.#trace?.tell(line()),
    });
  }

  #makeClients(prng: Prng): readonly SimClient[] {
    const { profile, scheduler } = this;
    const keys = Array.from({ length: profile.keyCount }, (_, at) => `lock:${at}`);
    const port = this.#clientPort();
    return Array.from({ length: profile.clientCount }, (_, at) => {
      return new SimClient({
        id: at + 1,
        prng: new Prng(prng.u32()),
        profile,
        scheduler,
        port,
        judge: this.replies,
        trust: this.#trust,
        scripts: { sha1Hex },
        keys,
        counts: this.clientCounts,
        trace: (line) => this.#trace?.tell(line()),
      });
    });
  }

  #clientPort(): ClientPort {
    return {
      pickNode: (prng) => {
        const up = this.nodes.filter(({ status }) => status === 'up');
        return up.length === 0 || this.#clientsStopped ? undefined : prng.pick(up).nodeId;
      },
      execute: (nodeId, session, args, reply) => {
        const { process } = this.#node(nodeId);
        if (process?.partitions === undefined || this.#clientsStopped) return false;
        process.execute(session, args, reply);
        return true;
      },
      wasWellSince: (nodeId, sinceMicros) => {
        const { disk, process } = this.#node(nodeId);
        const disturbedAtMicros = this.#stoppedAtMicros.get(nodeId) ?? 0;
        const unwell = disk.stuck || disk.slowMicros > 0 || process?.paused !== false;
        return !unwell && disturbedAtMicros < sinceMicros;
      },
    };
  }

  #networkPort(): NetworkPort<readonly RaftPacket[]> {
    const up = (nodeId: number): SimNode => this.#node(nodeId);
    const deliver = (nodeId: number, input: () => void): void => up(nodeId).process?.deliver(input);
    return {
      receiveFrame: (to, from, frame) => {
        const { transport } = up(to);
        deliver(to, () => transport?.receiveFrame(from, frame));
      },
      receiveStream: (to, from, packet) => {
        const { transport } = up(to);
        if (packet.kind === 'snapshot') this.drainDue = true;
        deliver(to, () => transport?.receiveStream(from, packet));
      },
      shakeHands: (from, to) => {
        const dialler = up(from).transport;
        const listener = up(to).transport;
        if (dialler === undefined || listener === undefined) return false;
        const refusal = listener.refusalOf(dialler, 'incoming');
        if (refusal === undefined) return dialler.refusalOf(listener, 'dialled') === undefined;
        deliver(from, () => dialler.refused(to, refusal));
        return false;
      },
      linkChanged: (from, to, isUp) => {
        const dialler = up(from).transport;
        const listener = up(to).transport;
        this.drainDue = true;
        if (isUp && dialler !== undefined && listener !== undefined) {
          deliver(from, () => dialler.linkUp(listener, 'dialled'));
          deliver(to, () => listener.linkUp(dialler, 'incoming'));
        } else if (!isUp) {
          deliver(from, () => dialler?.linkDown(to, 'dialled'));
          deliver(to, () => listener?.linkDown(from, 'incoming'));
        }
      },
      isUp: (nodeId) => up(nodeId).status === 'up',
      isActive: (nodeId) => up(nodeId).status === 'up' && up(nodeId).process?.paused === false,
    };
  }

  #observer(): NodeObserver {
    const group = (partition: number): GroupJudge | undefined => this.groups[partition];
    return {
      written: (nodeId, append, sinceMicros) => {
        group(append.partition)?.written(nodeId, append, sinceMicros);
      },
      durable: (nodeId, append) => group(append.partition)?.durable(nodeId, append),
      snapshotInstalling: (nodeId, partition, index) => {
        group(partition)?.snapshotInstalling(nodeId, index);
      },
      snapshotInstalled: (nodeId, partition, index) => {
        this.installCount += 1;
        this.messages.skipped(nodeId);
        this.#trace?.tell(`node ${nodeId} installs partition ${partition} at ${index}`);
        group(partition)?.snapshotInstalled(nodeId, index);
      },
      recovered: (nodeId, partition, log) => group(partition)?.started(nodeId, log),
      forgot: (nodeId) => {
        for (const judge of this.groups) judge.forget(nodeId);
      },
      serves: (nodeId) => {
        this.restartCount += 1;
        this.#trace?.tell(`node ${nodeId} serves`);
      },
      touched: (nodeId) => this.#touched.add(nodeId),
      mayResume: () => {
        this.drainDue = true;
      },
      // What it committed and answered in the very event that ends it counts.
      ending: (nodeId) => {
        for (const partition of this.#node(nodeId).process?.partitions ?? []) {
          group(partition.id)?.observe(nodeId, partition);
        }
      },
      stopped: (nodeId, reason) => this.#nodeStopped(nodeId, reason),
      log: (nodeId, message, details) => {
        this.#trace?.tell(`node ${nodeId}: ${message} ${JSON.stringify(details)}`);
      },
    };
  }

  /** A process ended by itself; somebody starts it again after a while. */
  #nodeStopped(nodeId: number, reason: string): void {
    this.#trace?.tell(`node ${nodeId} stops: ${reason}`);
    this.nodeDied(nodeId);
    const prng = new Prng(this.#seed + this.scheduler.nowMicros);
    // Who was removed and has ended is started once more now and then, and ends again.
    const isGone = this.roster.standingOf(nodeId) === 'gone';
    if (isGone && !prng.oneIn(goneStartsOneIn)) return;
    this.scheduler.after(prng.between(200, 3_000) * 1_000, () => this.#node(nodeId).start());
  }

  nodeDied(nodeId: number): void {
    this.#stoppedAtMicros.set(nodeId, this.scheduler.nowMicros);
    for (const client of [...this.#clients, ...this.#others]) client.nodeDied(nodeId);
  }

  #node(nodeId: number): SimNode {
    const node = this.nodes[nodeId - 1];
    if (node === undefined) throw new RangeError(`there is no node ${nodeId}`);
    return node;
  }
}
