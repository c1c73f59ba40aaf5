import { assert } from '../base/assert.ts';
import { limits } from '../base/limits.ts';
import type { Base } from '../keyspace/base.ts';
import type { Effect } from '../keyspace/effect.ts';
import { encodeEffects } from '../keyspace/effect-codec.ts';
import type { Keyspace } from '../keyspace/keyspace.ts';
import type { Token } from '../keyspace/lease.ts';
import type { Output } from '../raft/output.ts';
import type { Raft } from '../raft/raft.ts';
import {
  type Configuration,
  type Entry,
  type Index,
  type SnapshotPlace,
  type Term,
  termOf,
} from '../raft/types.ts';
import { Compaction } from './compaction.ts';
import { ForeignEffects } from './foreign-effects.ts';
import { HeldOutcomes, loseAll } from './held-outcomes.ts';
import { LogClock } from './log-clock.ts';
import type { Waiter } from './outcome.ts';
import { isTimeDue } from './time-pace.ts';

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

/** A process that stood still for longer than this has not waited longer than this. */
const stepMsMax = 200;
/** The term of a replica that does not lead. */
const NO_TERM = termOf(0);

const NO_PAYLOAD = Buffer.alloc(0);
const leaderLost = 'the leader was lost';

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
  readonly #clock: LogClock;
  readonly #graceMs: number;
  readonly #onPublish: PartitionOptions['onPublish'];
  readonly #lostToken: Token;
  #keyspace: Keyspace;
  /** The term in which this replica leads, as far as it has acted on it. */
  #ledTerm: Term = NO_TERM;
  #ready = false;
  #failed = false;
  #monotonicMs: number;
  #waitedMs = 0;
  #horizonMs = 0;
  #appliedIndex: Index;
  #appliedTerm: Term;
  #appliedTimeMs: number;
  #lastProposalMs: number;
  readonly #compaction: Compaction;
  readonly #foreign: ForeignEffects;
  #scriptsIndex = 0;
  #scriptsChanged = false;
  readonly #held = new HeldOutcomes();

  constructor(options: PartitionOptions) {
    this.id = options.id;
    this.raft = options.raft;
    this.#keyspace = options.keyspace;
    this.#clock = new LogClock(options.raft.lastTimeMs, options.monotonicMs);
    this.#graceMs = options.graceMs;
    this.#onPublish = options.onPublish;
    this.#lostToken = options.lostToken;
    this.#appliedIndex = options.appliedIndex;
    this.#appliedTerm = options.appliedTerm;
    this.#compaction = new Compaction(options.raft, options.appliedIndex);
    this.#foreign = new ForeignEffects(options.keyspace.base.databaseCount);
    this.#appliedTimeMs = options.appliedTimeMs;
    this.#monotonicMs = options.monotonicMs;
    this.#lastProposalMs = options.monotonicMs;
  }

  get keyspace(): Keyspace {
    return this.#keyspace;
  }

  /** Whether commands may run here: this replica leads, and has applied its own term's no-op. */
  get ready(): boolean {
    return this.#ready;
  }

  /** The term in which commands may run here now; 0 if they may not. */
  get servingTerm(): number {
    return this.#ready && this.#leadsStill ? this.#ledTerm : 0;
  }

  /** The disk failed: this replica will never answer again. */
  get failed(): boolean {
    return this.#failed;
  }

  /** The last entry applied that changed which scripts are known. */
  get scriptsIndex(): number {
    return this.#scriptsIndex;
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
    return this.#keyspace.effectCount === 0 && this.waitingCount === 0;
  }

  /** Outcomes that wait for a commit or a read round. */
  get waitingCount(): number {
    return this.#held.count;
  }

  /**
   * Sets the time for what follows.
   *
   * @param monotonicMs the node's monotonic clock in whole ms
   * @param mayExpire false while renewals may still wait in sockets: leases end as of before
   */
  setTime(monotonicMs: number, mayExpire: boolean): void {
    this.#waitedMs += Math.min(stepMsMax, Math.max(0, monotonicMs - this.#monotonicMs));
    this.#monotonicMs = monotonicMs;
    this.raft.setTime(this.#clock.now(monotonicMs));
    // A leader that hears nothing from a majority steps down without any output. If there is one,
    // it comes first: it may tell of commits.
    if (this.#ledTerm !== NO_TERM && !this.#leadsStill && !this.raft.hasOutput) this.#followRole();
    if (!this.#ready) this.#maybeBecomeReady();
    if (this.#ready) this.#setKeyspaceTime(mayExpire);
  }

  /** Waits for everything that this partition has executed up to now. */
  hold(waiter: Waiter): void {
    this.#held.add(waiter);
  }

  /** The turn has as many effects as one entry should hold: more commands wait for the next. */
  get full(): boolean {
    return this.#keyspace.effectBytes > limits.entryBytesMax;
  }

  /** Expires leases whose time is over; true if there may be more of them. */
  expireDue(): boolean {
    if (!this.#ready) return false;
    const limit = limits.expirationsPerTurnMax;
    return this.#keyspace.expireDue(limit) === limit;
  }

  /** Keeps log time moving while leases exist and nothing else is proposed, see `isTimeDue`. */
  maybeProposeTime(look: number, lookMs: number): void {
    const { base, nowMs, effectCount } = this.#keyspace;
    if (!this.#ready || !base.anyExpires || effectCount > 0) return;
    const idleMs = this.#monotonicMs - this.#lastProposalMs;
    const leftMs = base.nextEndMs - nowMs;
    if (isTimeDue({ look, lookMs, leftMs, idleMs })) this.#propose('time', NO_PAYLOAD);
  }

  /**
   * Proposes the effects of the turn as one entry. Without effects a read round is asked for; an
   * entry needs none, because its commit shows that a quorum followed this leader afterwards.
   */
  endTurn(): void {
    let readId: number | undefined;
    if (this.#keyspace.effectCount > 0) {
      const index = this.#propose('effects', encodeEffects(this.#keyspace.effects));
      if (index === undefined) return this.#dropTurn();
      this.#keyspace.seal(index);
    } else if (!this.#held.turnIsEmpty) {
      readId = this.#leadsStill ? this.raft.readIndex() : undefined;
      if (readId === undefined) return this.#dropTurn();
    }
    this.#held.seal({ index: this.raft.lastIndex, readId, sinceMs: this.#waitedMs });
  }

  /** Takes in what consensus decided: applies entries, releases outcomes. */
  advance(output: Output): void {
    for (const { id } of output.reads) this.#held.confirmRead(id);
    for (const entry of output.committed) this.#apply(entry);
    if (this.#scriptsChanged) this.#followScripts();
    this.#compaction.maybeAlone(this.#appliedIndex);
    this.#held.release(this.#appliedIndex);
    this.#followRole();
    for (const id of output.lostReads) this.#held.loseRead(id, leaderLost);
  }

  /**
   * Entries of another node are about to be stepped into `raft`.
   *
   * @throws FencepostError if they cannot be applied; nothing has changed then
   */
  admit(entries: readonly Entry[]): void {
    this.#foreign.admit(entries);
  }

  /**
   * Entries reached this replica's log: its clock goes on from the last of them. What a leader
   * proposed has moved the clock then already; from here it would go back to the proposal's time.
   */
  noteAppended(entries: readonly Entry[]): void {
    const last = entries.at(-1);
    if (last === undefined) return;
    const proposed = this.raft.isLeader && last.kind !== 'noop';
    if (!proposed) this.#clock.anchor(last.timeMs, this.#monotonicMs);
  }

  /**
   * Changes the members of the group (thesis 4.3).
   *
   * @returns the index of the entry; `'busy'` while another change runs; undefined unless it leads
   */
  proposeConfiguration(
    target: Pick<Configuration, 'voters' | 'learners'>,
  ): Index | undefined | 'busy' {
    if (!this.#leadsStill) return undefined;
    const index = this.raft.proposeConfiguration(target, this.#clock.now(this.#monotonicMs));
    if (typeof index === 'number') this.#noteProposal();
    return index;
  }

  /**
   * A snapshot took the place of log and state (thesis 5.1).
   *
   * @param base what the snapshot holds
   * @param place the last entry that it covers
   */
  replaceBase(base: Base, place: Pick<SnapshotPlace, 'index' | 'term' | 'timeMs'>): void {
    assert(!this.raft.isLeader, 'a leader installs no snapshot');
    assert(place.index >= this.#appliedIndex, 'a snapshot leads forward');
    if (this.#ledTerm !== NO_TERM) this.#stopLeading();
    this.#keyspace = this.#keyspace.over(base);
    this.#appliedIndex = place.index;
    this.#appliedTerm = place.term;
    this.#appliedTimeMs = place.timeMs;
    this.#compaction.restart(place.index);
    this.#clock.anchor(place.timeMs, this.#monotonicMs);
  }

  /** A checkpoint up to `index` is durable: entries up to it leave memory, see `Compaction`. */
  compactUpTo(index: Index): void {
    this.#compaction.upTo(index, this.#appliedIndex);
  }

  /** Whoever waits for longer than `ageMs` waits no more; what they asked for goes on. */
  giveUpOlderThan(ageMs: number): void {
    this.#held.loseOld(this.#waitedMs - ageMs, 'no majority answered in time');
  }

  /** The process cannot keep its promises any more: nothing that waits will ever be known. */
  giveUp(reason: string): void {
    this.#failed = true;
    this.#ready = false;
    const turn = this.#held.takeTurn();
    this.#held.loseEarlier('failed', reason);
    loseAll(turn, 'failed', reason);
  }

  get #leadsStill(): boolean {
    return this.raft.isLeader && this.raft.term === this.#ledTerm;
  }

  #propose(kind: 'effects' | 'time', payload: Buffer): Index | undefined {
    if (!this.#leadsStill) return undefined;
    const index = this.raft.propose(kind, payload, this.#clock.now(this.#monotonicMs));
    if (index !== undefined) this.#noteProposal();
    return index;
  }

  #noteProposal(): void {
    this.#clock.anchor(this.raft.lastTimeMs, this.#monotonicMs);
    this.#lastProposalMs = this.#monotonicMs;
  }

  /**
   * Entries of later terms show that this replica leads no more, whatever else the same output
   * brings: what it executed and has not seen committed is over before they are applied.
   */
  #apply(entry: Entry): void {
    assert(entry.index === this.#appliedIndex + 1, 'entries are applied one after the other');
    assert(entry.timeMs >= this.#appliedTimeMs, 'log time does not fall along the log');
    if (this.#ledTerm !== NO_TERM && entry.term > this.#ledTerm) {
      this.#held.release(this.#appliedIndex);
      this.#stopLeading();
    }
    if (entry.kind === 'effects') {
      const own = entry.term === this.#ledTerm && this.#keyspace.oldestPendingIndex === entry.index;
      const effects = own
        ? this.#keyspace.commit(entry.index, entry.timeMs)
        : this.#applyForeign(entry);
      for (const effect of effects) this.#tell(effect, entry.index);
    }
    this.#appliedIndex = entry.index;
    this.#appliedTerm = entry.term;
    this.#appliedTimeMs = entry.timeMs;
  }

  #applyForeign(entry: Entry): readonly Effect[] {
    const effects = this.#foreign.take(entry);
    this.#keyspace.apply(effects, entry.timeMs);
    this.#scriptsChanged ||= effects.some(changesScripts);
    return effects;
  }

  #tell(effect: Effect, index: Index): void {
    if (effect.kind === 'publish') this.#onPublish(effect);
    else if (changesScripts(effect)) this.#scriptsIndex = index;
  }

  /** Scripts that another leader brought are found from now on. */
  #followScripts(): void {
    this.#scriptsChanged = false;
    if (!this.#ready) this.#keyspace.drop();
  }

  #followRole(): void {
    if (this.#ledTerm !== NO_TERM && !this.#leadsStill) this.#stopLeading();
    if (this.#ledTerm === NO_TERM && this.raft.isLeader) {
      this.#ledTerm = this.raft.term;
      this.#horizonMs = 0;
      this.#clock.stop(this.#monotonicMs);
    }
    if (!this.#ready) this.#maybeBecomeReady();
  }

  /**
   * A leader executes from where its log ends. So it waits until it has applied all of it, its own
   * no-op among it (thesis 6.4); and while it hands its leadership over, it executes nothing.
   */
  #maybeBecomeReady(): void {
    const { raft } = this;
    if (this.#failed || !this.#leadsStill || !raft.leaderReady || raft.transferring) return;
    if (this.#appliedIndex < raft.lastIndex) return;
    // Holders can reach this leader from now on: those who have a lease get their time for it.
    this.#clock.start(this.#monotonicMs, this.#keyspace.base.anyExpires ? this.#graceMs : 0);
    this.#keyspace.drop();
    this.#ready = true;
    // Whether the sockets were read before, only the beginning of a turn can tell.
    this.#setKeyspaceTime(false);
    const { lastToken } = this.#keyspace;
    if (lastToken < this.#lostToken) this.#keyspace.raiseToken(this.#lostToken);
  }

  #setKeyspaceTime(mayExpire: boolean): void {
    const nowMs = this.#clock.now(this.#monotonicMs);
    if (mayExpire) this.#horizonMs = nowMs;
    this.#keyspace.setTime({ nowMs, horizonMs: Math.min(this.#horizonMs, nowMs) });
  }

  /** The clock runs again, so that it is right if this replica is elected once more. */
  #stopLeading(): void {
    this.#ledTerm = NO_TERM;
    this.#ready = false;
    this.#clock.release(this.#monotonicMs);
    const turn = this.#held.takeTurn();
    this.#keyspace.drop();
    this.#held.loseEarlier('unknown', leaderLost);
    loseAll(turn, 'dropped', leaderLost);
  }

  /** What the turn executed cannot be proposed, so it never happened. */
  #dropTurn(): void {
    this.#ready = false;
    const turn = this.#held.takeTurn();
    this.#keyspace.drop();
    loseAll(turn, 'dropped', leaderLost);
  }
}

function changesScripts({ kind }: Effect): boolean {
  return kind === 'script' || kind === 'forget-scripts';
}
