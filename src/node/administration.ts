import { limits } from '../base/limits.ts';
import type { AdminRequest } from '../commands/cluster-view.ts';
import type { Partition } from '../partition/partition.ts';
import { NOBODY, nodeOf } from '../raft/types.ts';
import { error, OK, type Reply } from '../resp/reply.ts';
import type { Cluster } from './cluster.ts';
import type { Member } from './members.ts';

type Change = Exclude<AdminRequest, { kind: 'status' }>;

interface Pending {
  readonly change: Change;
  readonly done: (reply: Reply) => void;
  readonly deadlineMs: number;
  askAgainAtMs: number;
}

const askAgainMs = 1_000;
const SELF = error('ERR a node cannot remove itself; ask another node to do that');
const TOO_MANY_NODES = error(`ERR a cluster has at most ${limits.peerCountMax} nodes`);
const TOO_MANY = error('ERR too many changes of the cluster are under way');

/**
 * Carries out what operators ask of the cluster. Each change is a wish that is repeated to
 * whoever can grant it until this node sees that it has come true, or its time is over; leaders
 * that are lost on the way do not matter.
 */
export class Administration {
  readonly #cluster: Cluster;
  readonly #partitions: readonly Partition[];
  readonly #monotonicMs: () => number;
  #pending: Pending[] = [];

  constructor(options: {
    readonly cluster: Cluster;
    readonly partitions: readonly Partition[];
    readonly monotonicMs: () => number;
  }) {
    this.#cluster = options.cluster;
    this.#partitions = options.partitions;
    this.#monotonicMs = options.monotonicMs;
  }

  begin(change: Change, done: (reply: Reply) => void): void {
    const refusal = this.#refusalOf(change);
    if (refusal !== undefined) return done(refusal);
    if (this.#pending.length >= limits.clusterChangesMax) return done(TOO_MANY);
    const nowMs = this.#monotonicMs();
    const deadlineMs = nowMs + limits.clusterChangeMs;
    this.#pending.push({ change, done, deadlineMs, askAgainAtMs: nowMs + askAgainMs });
    // Also for what is so already: that a group is to stay where it is led is news all the same.
    this.#ask(change);
    this.tick();
  }

  /** Asks again, and answers what has come true or taken too long; called in a turn. */
  tick(): void {
    if (this.#pending.length === 0) return;
    const nowMs = this.#monotonicMs();
    const waiting: Pending[] = [];
    const answers: (() => void)[] = [];
    for (const pending of this.#pending) {
      const { change, done, deadlineMs } = pending;
      if (this.#hasComeTrue(change)) {
        answers.push(() => done(OK));
      } else if (nowMs >= deadlineMs) {
        answers.push(() => done(this.#tooLong(change)));
      } else {
        waiting.push(pending);
        if (nowMs >= pending.askAgainAtMs) {
          pending.askAgainAtMs = nowMs + askAgainMs;
          this.#ask(change);
        }
      }
    }
    this.#pending = waiting;
    for (const answer of answers) answer();
  }

  /** The process ends. */
  stop(): void {
    const pending = this.#pending;
    this.#pending = [];
    for (const { done } of pending)
      done(error('ERR the node stops; the change goes on without it'));
  }

  #ask(change: Change): void {
    switch (change.kind) {
      case 'add':
        return this.#cluster.setMember({
          kind: 'member',
          nodeId: change.nodeId,
          role: 'learner',
          address: change.address,
        });
      case 'promote':
        return this.#setRole(change.nodeId, 'voter');
      case 'remove':
        return this.#setRole(change.nodeId, 'removed');
      case 'transfer':
        for (const { id } of this.#concernedBy(change.partition)) {
          this.#cluster.transfer(id, change.nodeId);
        }
    }
  }

  #setRole(nodeId: number, role: Member['role']): void {
    this.#cluster.setMember({ kind: 'member', nodeId, role, address: '' });
  }

  /**
   * Seen from this node's replicas. One that has an entry of the leader that it follows knows what
   * all leaders before did; what this one did it learns within a moment.
   */
  #hasComeTrue(change: Change): boolean {
    if (change.kind === 'transfer') {
      return this.#concernedBy(change.partition).every(
        ({ raft }) => raft.leader !== NOBODY && nodeOf(raft.leader) === change.nodeId,
      );
    }
    const member = this.#memberOf(change.nodeId);
    return this.#partitions.every(({ raft }) => {
      if (raft.leader === NOBODY || raft.lastTerm !== raft.term) return false;
      const { voters, learners, outgoing } = raft.configuration;
      const isVoter = voters.some((id) => nodeOf(id) === change.nodeId);
      const isLearner = learners.some((id) => nodeOf(id) === change.nodeId);
      // Until its last entry is committed, a change may still be taken up again half done.
      if (outgoing.length > 0 || raft.changing) return false;
      if (change.kind === 'add') {
        const isRecorded = member !== undefined && member.role !== 'removed';
        return isRecorded && member.address === change.address && (isVoter || isLearner);
      }
      if (change.kind === 'promote') return isVoter && !isLearner;
      return member?.role === 'removed' && !isVoter && !isLearner;
    });
  }

  #refusalOf(change: Change): Reply | undefined {
    const member = this.#memberOf(change.nodeId);
    const isMember = member !== undefined && member.role !== 'removed';
    const who = `node ${change.nodeId}`;
    if (change.kind === 'add') {
      const other = this.#cluster.members.find(
        ({ nodeId, address, role }) =>
          address === change.address && role !== 'removed' && nodeId !== change.nodeId,
      );
      if (other !== undefined) {
        return error(`ERR ${change.address} is the address of node ${other.nodeId}`);
      }
      if (isMember && this.#cluster.isElsewhere(change.nodeId, change.address)) {
        return error(`ERR ${who} is a member already, and answers at ${member.address}`);
      }
      return isMember || !this.#cluster.full ? undefined : TOO_MANY_NODES;
    }
    if (change.kind !== 'transfer') {
      if (!isMember) return error(`ERR ${who} is not a member of the cluster`);
      const others = this.#cluster.members.filter(
        ({ role, nodeId }) => role === 'voter' && nodeId !== change.nodeId,
      );
      if (change.kind === 'promote') return undefined;
      if (others.length === 0) return error(`ERR ${who} is the last voter of the cluster`);
      // It would not be told any more that it is out.
      return change.nodeId === this.#cluster.nodeId ? SELF : undefined;
    }
    const concerned = this.#concernedBy(change.partition);
    if (concerned.length === 0) return error(`ERR there is no partition ${change.partition}`);
    const mayLead = concerned.every(({ raft }) =>
      raft.configuration.voters.some((id) => nodeOf(id) === change.nodeId),
    );
    return mayLead ? undefined : error(`ERR ${who} is not a voter of that partition`);
  }

  #tooLong(change: Change): Reply {
    const seconds = limits.clusterChangeMs / 1000;
    if (change.kind === 'transfer') {
      return error(`ERR the change has not taken effect after ${seconds} seconds`);
    }
    const state = `is not complete after ${seconds} seconds, and goes on by itself once it can`;
    return error(`ERR the change ${state}; FENCEPOST STATUS shows how far it is`);
  }

  #concernedBy(partition: number | 'all'): readonly Partition[] {
    return partition === 'all'
      ? this.#partitions
      : this.#partitions.filter(({ id }) => id === partition);
  }

  #memberOf(id: number): Member | undefined {
    return this.#cluster.members.find(({ nodeId }) => nodeId === id);
  }
}
