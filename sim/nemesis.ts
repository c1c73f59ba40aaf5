import type { Prng } from '../src/base/prng.ts';
import type { RaftPacket } from '../src/transport/packet.ts';
import type { Network } from './network.ts';
import type { ChangeKind, Operator } from './operator.ts';
import type { FaultKind, Profile } from './profile.ts';
import type { Roster } from './roster.ts';
import type { Scheduler } from './scheduler.ts';
import type { SimNode } from './sim-node.ts';
import { addressOf } from './sim-transport.ts';

export interface NemesisOptions {
  readonly prng: Prng;
  readonly profile: Profile;
  readonly scheduler: Scheduler;
  readonly network: Network<readonly RaftPacket[]>;
  readonly roster: Roster;
  readonly operator: Operator;
  readonly trace: (line: string) => void;
  /** The process of that node is gone. */
  readonly died: (nodeId: number) => void;
}

const outageMs = { least: 200, most: 20_000 };
const pauseMs = { least: 20, most: 8_000 };
const slowMicrosMost = 400_000;
const wallJumpMsMost = 10_000_000;
const wishTicks = 40;
const wishRepeats = 8;
/** The groups are founded by then. */
const calmMicros = 3_000_000;

/** Begins the faults of a run at random moments, and ends each after a while. */
export class Nemesis {
  readonly counts = new Map<FaultKind, number>();
  readonly #options: NemesisOptions;
  #stopped = false;

  constructor(options: NemesisOptions) {
    this.#options = options;
  }

  start(): void {
    if (this.#options.profile.faults.length === 0) return;
    this.#options.scheduler.after(calmMicros, () => this.#next());
  }

  /** No more faults, and an end to those that last; nodes that are down are started. */
  heal(): void {
    this.#stopped = true;
    const { network, roster, operator } = this.#options;
    operator.stop();
    network.heal();
    for (const node of roster.machines) {
      node.clock.setRate(1);
      node.disk.slowMicros = 0;
      node.disk.failing = undefined;
      node.disk.profile = { ...node.disk.profile, syncMicrosMax: 300 };
      node.disk.unstick();
      node.process?.resume();
    }
    for (const node of roster.active) node.start();
    if (roster.active.length > 1) this.#settleMembers(wishRepeats);
  }

  #next(): void {
    const { prng, profile, scheduler } = this.#options;
    scheduler.after(prng.below(2 * profile.faultEveryMs * 1_000), () => {
      if (this.#stopped) return;
      const kind = prng.pick(profile.faults);
      if (isChange(kind)) this.#change(kind);
      else {
        this.#count(kind);
        this.#begin(kind);
      }
      this.#next();
    });
  }

  /** Changes that cannot be begun now are left out. */
  #change(kind: ChangeKind): void {
    if (this.#options.operator.begin(kind)) this.#count(kind);
  }

  #count(kind: FaultKind): void {
    this.counts.set(kind, (this.counts.get(kind) ?? 0) + 1);
  }

  #begin(kind: Exclude<FaultKind, ChangeKind>): void {
    switch (kind) {
      case 'crash':
      case 'power-loss':
        return this.#crash(this.#pickNode(), kind === 'power-loss');
      case 'all-down': {
        const power = this.#options.prng.oneIn(2);
        for (const node of this.#options.roster.exposed) this.#crash(node, power);
        return;
      }
      case 'pause':
        return this.#pause(this.#pickNode());
      case 'drift':
        return this.#drift(this.#pickNode());
      case 'wall-jump':
        return this.#jump(this.#pickNode());
      case 'isolate':
      case 'halves':
      case 'one-way':
      case 'ring':
        return this.#partition(kind);
      case 'link-reset': {
        const { prng, network } = this.#options;
        const [from, to] = [this.#pickNode().nodeId, this.#pickNode().nodeId];
        this.#tell(`link ${from}-${to} is reset`);
        network.reset(from, to);
        if (prng.oneIn(2)) network.reset(to, from);
        return;
      }
      case 'slow-disk':
      case 'stuck-disk':
      case 'disk-error':
      case 'disk-full':
        return this.#disk(kind, this.#pickNode());
      case 'bit-flip':
        return this.#flip();
      case 'transfer':
        return this.#transfer();
    }
  }

  #crash(node: SimNode, power: boolean): void {
    if (node.process === undefined) return;
    const { prng, scheduler } = this.#options;
    this.#tell(`node ${node.nodeId} ${power ? 'loses power' : 'is killed'}`);
    node.crash(power);
    this.#options.died(node.nodeId);
    const { least, most } = outageMs;
    const ms = prng.oneIn(2) ? prng.between(least, 2_000) : prng.between(least, most);
    scheduler.after(ms * 1_000, () => node.start());
  }

  #pause(node: SimNode): void {
    const { process } = node;
    if (process === undefined || process.paused) return;
    const { prng, scheduler } = this.#options;
    const ms = prng.oneIn(2)
      ? prng.between(pauseMs.least, 500)
      : prng.between(pauseMs.least, pauseMs.most);
    this.#tell(`node ${node.nodeId} is paused for ${ms} ms`);
    process.pause();
    scheduler.after(ms * 1_000, () => {
      this.#tell(`node ${node.nodeId} goes on`);
      process.resume();
    });
  }

  #drift(node: SimNode): void {
    const { prng, profile } = this.#options;
    const rate = 1 + (prng.between(-100, 100) / 100) * profile.drift;
    this.#tell(`the clock of node ${node.nodeId} runs at ${rate.toFixed(4)}`);
    node.clock.setRate(rate);
  }

  #jump(node: SimNode): void {
    const { prng } = this.#options;
    const ms = prng.between(-wallJumpMsMost, wallJumpMsMost);
    this.#tell(`the wall clock of node ${node.nodeId} jumps by ${ms} ms`);
    node.clock.wallOffsetMs += ms;
  }

  #partition(kind: 'isolate' | 'halves' | 'one-way' | 'ring'): void {
    const { prng, scheduler, network } = this.#options;
    const blocked = this.#blockedLinks(kind);
    const ms = prng.between(outageMs.least, outageMs.most);
    this.#tell(`${kind}: ${blocked.map(([from, to]) => `${from}>${to}`).join(' ')} for ${ms} ms`);
    for (const [from, to] of blocked) network.block(from, to);
    scheduler.after(ms * 1_000, () => {
      this.#tell(`${kind} ends`);
      for (const [from, to] of blocked) network.unblock(from, to);
    });
  }

  #blockedLinks(kind: 'isolate' | 'halves' | 'one-way' | 'ring'): readonly [number, number][] {
    const { prng, roster } = this.#options;
    const ids = roster.exposed.map(({ nodeId }) => nodeId);
    const count = ids.length;
    const pairs = ids.flatMap((from) => ids.map((to): [number, number] => [from, to]));
    const others = pairs.filter(([from, to]) => from !== to);
    if (kind === 'isolate' || kind === 'one-way') {
      const alone = prng.pick(ids);
      if (kind === 'isolate') return others.filter((pair) => pair.includes(alone));
      const outward = prng.oneIn(2);
      return others.filter(([from, to]) => (outward ? from : to) === alone);
    }
    if (kind === 'halves') {
      const side = new Set(ids.filter(() => prng.oneIn(2)));
      return others.filter(([from, to]) => side.has(from) !== side.has(to));
    }
    // Each node sees its two neighbours only, so that nobody agrees on who is reachable.
    const gap = (from: number, to: number): number => (to - from + count) % count;
    if (count === 3) return others.filter(([from, to]) => gap(from, to) === 1);
    return others.filter(([from, to]) => gap(from, to) !== 1 && gap(to, from) !== 1);
  }

  #disk(kind: 'slow-disk' | 'stuck-disk' | 'disk-error' | 'disk-full', node: SimNode): void {
    const { prng, scheduler } = this.#options;
    const { disk } = node;
    const ms = prng.between(outageMs.least, outageMs.most / 2);
    this.#tell(`node ${node.nodeId}: ${kind} for ${ms} ms`);
    if (kind === 'slow-disk') disk.slowMicros = prng.below(slowMicrosMost);
    else if (kind === 'stuck-disk') disk.stuck = true;
    else disk.failing = kind === 'disk-full' ? 'ENOSPC' : 'EIO';
    scheduler.after(ms * 1_000, () => {
      this.#tell(`node ${node.nodeId}: ${kind} ends`);
      if (kind === 'slow-disk') disk.slowMicros = 0;
      else if (kind === 'stuck-disk') disk.unstick();
      else disk.failing = undefined;
    });
  }

  /**
   * One node at a time, and only while every other one is whole: nothing could bring back what a
   * majority has lost.
   */
  #flip(): void {
    const node = this.#pickNode();
    if (!this.#isWhole() || node.process === undefined) return;
    node.crash(false);
    this.#options.died(node.nodeId);
    if (node.damage()) this.#tell(`node ${node.nodeId} is killed, and a bit of its disk flips`);
    this.#options.scheduler.after(1_000_000, () => node.start());
  }

  /** Whether every member runs, and votes in every group under its present incarnation. */
  #isWhole(): boolean {
    const { roster, operator, profile } = this.#options;
    if (operator.busy) return false;
    const members = roster.of('member');
    for (let partition = 0; partition <= profile.partitionCount; partition += 1) {
      const replicas = members.map(({ process }) => process?.partitions?.[partition]?.raft);
      const ids = replicas.map((raft) => raft?.self);
      const leader = replicas.find((raft) => raft?.role === 'leader' && raft.leaderReady);
      const { voters = [], outgoing = [] } = leader?.configuration ?? {};
      if (outgoing.length > 0 || voters.length !== members.length) return false;
      if (ids.some((id) => id === undefined || !voters.includes(id))) return false;
    }
    return true;
  }

  /** An operator hands a group to another node. */
  #transfer(): void {
    const { prng, profile } = this.#options;
    const partition = prng.between(0, profile.partitionCount);
    const { nodeId } = this.#pickNode();
    this.#tell(`partition ${partition} is to be led by node ${nodeId}`);
    this.#pickNode().process?.administer((cluster) => cluster.transfer(partition, nodeId));
  }

  /** What operators asked for comes true: a wish is lost while nobody leads the meta group. */
  #settleMembers(repeats: number): void {
    const { roster, scheduler, profile } = this.#options;
    for (const { nodeId } of roster.of('leaving')) this.#setRole(nodeId, 'removed');
    for (const { nodeId } of roster.of('joining', 'member')) {
      this.#setRole(nodeId, 'learner');
      this.#setRole(nodeId, 'voter');
    }
    if (repeats === 0) return;
    scheduler.after(wishTicks * profile.tickMs * 1_000, () => this.#settleMembers(repeats - 1));
  }

  /** Asks every node: those that cannot act on it pass it to one that can. */
  #setRole(nodeId: number, role: 'learner' | 'voter' | 'removed'): void {
    const address = addressOf(nodeId);
    for (const { process } of this.#options.roster.active) {
      process?.administer((cluster) => {
        cluster.setMember({ kind: 'member', nodeId, role, address });
      });
    }
  }

  #pickNode(): SimNode {
    return this.#options.prng.pick(this.#options.roster.exposed);
  }

  #tell(line: string): void {
    this.#options.trace(line);
  }
}

function isChange(kind: FaultKind): kind is ChangeKind {
  return kind === 'add' || kind === 'remove' || kind === 'replace' || kind === 'demote';
}
