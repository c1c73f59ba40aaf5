import { assert } from '../base/assert.ts';
import { limits } from '../base/limits.ts';
import type { Effect } from '../keyspace/effect.ts';
import { decodeEffects, encodeEffects } from '../keyspace/effect-codec.ts';
import type { Keyspace } from '../keyspace/keyspace.ts';
import type { Token } from '../keyspace/lease.ts';
import type { Output } from '../raft/output.ts';
import type { Raft } from '../raft/raft.ts';
import type { Entry, Index, Term } from '../raft/types.ts';
import { error } from '../resp/reply.ts';
import { LogClock } from './log-clock.ts';
import type { Outcome } from './outcome.ts';

export interface PartitionOptions {
  readonly id: number;
  readonly raft: Raft;
  readonly keyspace: Keyspace;
  /** The last entry that the keyspace holds already: the checkpoint that it was restored from. */
  readonly appliedIndex: Index;
  readonly appliedTerm: Term;
  readonly appliedTimeMs: number;
  readonly monotonicMs: number;
  /** How long a new leader holds the clock still while leases exist. */
  readonly graceMs: number;
  /** Tokens up to here may have been granted by entries that a repair has cut off. */
  readonly lostToken: Token;
  readonly onPublish: (effect: Extract<Effect, { kind: 'publish' }>) => void;
}

/** Outcomes of one turn, and what they wait for. */
interface Held {
  readonly index: number;
  readonly readId: number | undefined;
  readonly outcomes: readonly Outcome[];
}

const NO_PAYLOAD = Buffer.alloc(0);

/**
 * One Raft group driving one keyspace.
 *
 * A turn: `setTime` tells the time; commands run on `keyspace` and their outcomes are `hold`; at
 * its end `endTurn` proposes all effects as one entry. The node then moves what `raft` puts out to
 * the disk, and hands each output to `advance`, which commits and releases the outcomes.
 */
export class Partition {
  readonly id: number;
  readonly raft: Raft;
  readonly keyspace: Keyspace;
  readonly #clock: LogClock;
  readonly #graceMs: number;
  readonly #onPublish: PartitionOptions['onPublish'];
  readonly #lostToken: Token;
  #leads = false;
  #ready = false;
  #monotonicMs: number;
  #horizonMs = 0;
  #appliedIndex: Index;
  #appliedTerm: Term;
  #appliedTimeMs: number;
  #lastProposalMs: number;
  #compactedIndex: number;
  #outcomes: Outcome[] = [];
  #held: Held[] = [];
  readonly #confirmedReads = new Set<number>();

  constructor(options: PartitionOptions) {
    this.id = options.id;
    this.raft = options.raft;
    this.keyspace = options.keyspace;
    this.#clock = new LogClock(options.raft.lastTimeMs, options.monotonicMs);
    this.#graceMs = options.graceMs;
    this.#onPublish = options.onPublish;
    this.#lostToken = options.lostToken;
    this.#appliedIndex = options.appliedIndex;
    this.#appliedTerm = options.appliedTerm;
    this.#compactedIndex = options.appliedIndex;
    this.#appliedTimeMs = options.appliedTimeMs;
    this.#monotonicMs = options.monotonicMs;
    this.#lastProposalMs = options.monotonicMs;
  }

  /** Whether commands may run here: this replica leads, and has applied its own term's no-op. */
  get ready(): boolean {
    return this.#ready;
  }

  get appliedIndex(): Index {
    return this.#appliedIndex;
  }

  get appliedTerm(): Term {
    return this.#appliedTerm;
  }

  get appliedTimeMs(): number {
    return this.#appliedTimeMs;
  }

  /** Nothing waits for a proposal or a commit. */
  get settled(): boolean {
    return this.keyspace.effectCount === 0 && this.waitingCount === 0;
  }

  /** Outcomes that wait for a commit or a read round. */
  get waitingCount(): number {
    return this.#held.reduce((count, held) => count + held.outcomes.length, this.#outcomes.length);
  }

  /**
   * Sets the time for what follows.
   *
   * @param monotonicMs the node's monotonic clock in whole ms
   * @param mayExpire false while renewals may still wait in sockets: leases end as of before
   */
  setTime(monotonicMs: number, mayExpire: boolean): void {
    this.#monotonicMs = monotonicMs;
    const nowMs = this.#clock.now(monotonicMs);
    this.raft.setTime(nowMs);
    if (!this.#ready) return;
    if (mayExpire) this.#horizonMs = nowMs;
    this.keyspace.setTime({ nowMs, horizonMs: Math.min(this.#horizonMs, nowMs) });
  }

  /** The outcome waits for everything that this partition has executed up to now. */
  hold(outcome: Outcome): void {
    this.#outcomes.push(outcome);
  }

  /** The turn has as many effects as one entry should hold: more commands wait for the next. */
  get full(): boolean {
    return this.keyspace.effectBytes > limits.entryBytesMax;
  }

  /** Expires leases whose time is over; true if there may be more of them. */
  expireDue(): boolean {
    if (!this.#ready) return false;
    const limit = limits.expirationsPerTurnMax;
    return this.keyspace.expireDue(limit) === limit;
  }

  /** Keeps log time moving while leases exist and nothing else is proposed. */
  maybeProposeTime(idleMs: number): void {
    if (!this.#ready || !this.keyspace.base.anyExpires) return;
    if (this.#monotonicMs - this.#lastProposalMs < idleMs || this.keyspace.effectCount > 0) return;
    this.#propose('time', NO_PAYLOAD);
  }

  /**
   * Proposes the effects of the turn as one entry. Without effects a read round is asked for; an
   * entry needs none, because its commit shows that a quorum followed this leader afterwards.
   */
  endTurn(): void {
    let readId: number | undefined;
    if (this.keyspace.effectCount > 0) {
      const index = this.#propose('effects', encodeEffects(this.keyspace.effects));
      this.keyspace.seal(index);
    } else if (this.#outcomes.length > 0) {
      readId = this.raft.readIndex();
      assert(readId !== undefined, 'commands run only where a read round can be asked for');
    }
    if (this.#outcomes.length === 0) return;
    this.#held.push({ index: this.raft.lastIndex, readId, outcomes: this.#outcomes });
    this.#outcomes = [];
  }

  /** Takes in what consensus decided: applies entries, releases outcomes. */
  advance(output: Output): void {
    for (const entry of output.committed) this.#apply(entry);
    this.#maybeCompact();
    for (const read of output.reads) this.#confirmedReads.add(read.id);
    this.#followRole();
    this.#releaseHeld();
  }

  /**
   * Entries reached this replica's log: its clock goes on from the last of them. What a leader
   * proposed has moved the clock then already; from here it would go back to the proposal's time.
   */
  noteAppended(entries: readonly Entry[]): void {
    const last = entries.at(-1);
    if (last === undefined) return;
    const proposed = this.raft.role === 'leader' && last.kind !== 'noop';
    if (!proposed) this.#clock.anchor(last.timeMs, this.#monotonicMs);
  }

  /** The process cannot keep its promises any more: nothing that waits will ever be known. */
  giveUp(reason: string): void {
    const reply = error(`UNCERTAIN ${reason}; the command may or may not have taken effect`);
    const lost = [...this.#held.flatMap(({ outcomes }) => outcomes), ...this.#outcomes];
    this.#held = [];
    this.#outcomes = [];
    this.#confirmedReads.clear();
    this.#ready = false;
    for (const outcome of lost) outcome.replace(reply);
  }

  #propose(kind: 'effects' | 'time', payload: Buffer): Index {
    const timeMs = this.#clock.now(this.#monotonicMs);
    const index = this.raft.propose(kind, payload, timeMs);
    assert(index !== undefined, 'effects exist only on a leader, which may propose');
    this.#clock.anchor(this.raft.lastTimeMs, this.#monotonicMs);
    this.#lastProposalMs = this.#monotonicMs;
    return index;
  }

  #apply(entry: Entry): void {
    assert(entry.index === this.#appliedIndex + 1, 'entries are applied one after the other');
    assert(entry.timeMs >= this.#appliedTimeMs, 'log time does not fall along the log');
    if (entry.kind === 'effects') {
      const own = this.keyspace.oldestPendingIndex === entry.index;
      const effects = own
        ? this.keyspace.commit(entry.index, entry.timeMs)
        : this.#applyForeign(entry);
      for (const effect of effects) if (effect.kind === 'publish') this.#onPublish(effect);
    }
    this.#appliedIndex = entry.index;
    this.#appliedTerm = entry.term;
    this.#appliedTimeMs = entry.timeMs;
  }

  #applyForeign(entry: Entry): readonly Effect[] {
    const effects = decodeEffects(entry.payload);
    this.keyspace.apply(effects, entry.timeMs);
    return effects;
  }

  /**
   * A group of one keeps no applied entries in memory: there is nobody to send them to, and the
   * disk has them.
   */
  #maybeCompact(): void {
    if (this.raft.configuration.voters.length > 1) return;
    if (this.#appliedIndex - this.#compactedIndex < limits.appliedEntryCountMax) return;
    this.raft.compact(this.#appliedIndex);
    this.#compactedIndex = this.#appliedIndex;
  }

  #followRole(): void {
    const leads = this.raft.role === 'leader';
    if (leads && !this.#leads) this.#clock.hold(this.#monotonicMs, this.#graceMs);
    if (!leads && this.#leads) {
      this.giveUp('leadership was lost');
      this.keyspace.drop();
    }
    this.#leads = leads;
    const ready = leads && this.raft.leaderReady && this.#appliedIndex >= this.raft.commitIndex;
    if (ready && !this.#ready) {
      if (!this.keyspace.base.anyExpires) this.#clock.release(this.#monotonicMs);
      this.keyspace.drop();
      this.#ready = true;
      this.setTime(this.#monotonicMs, true);
      if (this.keyspace.lastToken < this.#lostToken) this.keyspace.raiseToken(this.#lostToken);
    }
  }

  #releaseHeld(): void {
    while (this.#held.length > 0) {
      const [held] = this.#held;
      if (held === undefined || held.index > this.#appliedIndex) return;
      if (held.readId !== undefined && !this.#confirmedReads.has(held.readId)) return;
      this.#held.shift();
      if (held.readId !== undefined) this.#confirmedReads.delete(held.readId);
      for (const outcome of held.outcomes) outcome.release();
    }
  }
}
