import type { HistoryEvent } from '../checker/history.ts';
import { elapse, monotonicMs } from '../harness/elapse.ts';
import type { Prng } from '../src/base/prng.ts';
import type { Cluster } from './cluster.ts';
import { type Disturbance, lateBetween } from './disturbance.ts';
import type { Fault } from './faults.ts';
import { Judge } from './judge.ts';
import { LeadershipBook } from './leadership-book.ts';
import { Pulse } from './pulse.ts';
import { grantLast, untilServed } from './recovery.ts';
import type { Gap, Verdict } from './verdict.ts';
import { LeadershipWatch } from './watch.ts';
import { readKeys, Workload } from './workload.ts';

export interface CampaignOptions {
  readonly cluster: Cluster;
  readonly partitionCount: number;
  readonly faults: readonly Fault[];
  readonly prng: Prng;
  readonly minutes: number;
  readonly lanes: number;
  readonly tell: (line: string) => void;
}

/** What one round saw, kept until its keys have been read once more after the next round. */
interface Round {
  readonly keys: readonly string[];
  readonly events: HistoryEvent[];
}

const calmMs = 800;
/** After the last round nothing disturbs any more: what has not ended by then never will. */
const lastCalmMs = 10_000;
const violationsMax = 20;
/** A majority that is alive and connected serves again within this; the aim is far below. */
const gapMsMax = 12_000;

/**
 * Rounds of load with one fault each, until the time is over or something was found. Every key
 * belongs to one round; at the end of its round and of the next one it is read, so that a lease
 * that got lost later is missed too.
 */
export class Campaign {
  readonly #options: CampaignOptions;
  readonly #judge: Judge;
  readonly #book = new LeadershipBook();
  readonly #watch: LeadershipWatch;
  readonly #disturbances: Disturbance[] = [];
  readonly #violations: string[] = [];
  readonly #faultCounts = new Map<string, number>();
  readonly #gaps: Gap[] = [];
  readonly #startedAtMs = monotonicMs();
  #refusals = 0;
  #rounds = 0;
  #previous: Round | undefined;

  constructor(options: CampaignOptions) {
    this.#options = options;
    this.#judge = new Judge(options.partitionCount);
    this.#watch = new LeadershipWatch(options.cluster, this.#book);
  }

  /** Never rejects for what the cluster does: that is in the verdict. */
  async run(): Promise<Verdict> {
    const { cluster, minutes } = this.#options;
    const deadlineMs = this.#startedAtMs + minutes * 60_000;
    try {
      await cluster.start(cluster.nodeIds);
      await untilServed(cluster, this.#options.partitionCount);
      await this.#watch.look();
      this.#watch.start();
      while (monotonicMs() < deadlineMs && this.#found().length === 0) await this.#round();
      await this.#end();
    } catch (failure) {
      this.#violations.push(failure instanceof Error ? failure.message : String(failure));
    } finally {
      await this.#watch.stop();
    }
    return this.#verdict();
  }

  async #round(): Promise<void> {
    const { cluster, prng, lanes, tell, partitionCount } = this.#options;
    const chosen = this.#chooseFaults();
    this.#rounds += 1;
    const name = `r${this.#rounds}`;
    tell(`round ${this.#rounds}: ${namesOf(chosen)}`);
    const workload = new Workload({
      places: cluster.places,
      prng,
      name,
      lanes,
      wasStoppedSince: (nodeId, sinceMs) => cluster.wasStoppedSince(nodeId, sinceMs),
    });
    const pulse = new Pulse(cluster.places, partitionCount);
    workload.start();
    try {
      await elapse(calmMs);
      const fromMs = monotonicMs();
      await Promise.all(chosen.map((fault) => this.#cause(fault)));
      await untilServed(cluster, partitionCount);
      const disturbance = { fromMs, toMs: monotonicMs() };
      this.#disturbances.push(disturbance);
      await elapse(calmMs);
      this.#measureGaps(chosen, pulse, disturbance);
    } finally {
      await Promise.all([workload.stop(), pulse.stop()]);
    }
    this.#refusals += workload.refusals;
    this.#violations.push(...workload.violations, ...cluster.crashes());
    const current: Round = { keys: workload.keys, events: workload.events };
    await this.#read(current);
    await this.#judgePrevious();
    this.#previous = current;
  }

  async #cause(fault: Fault): Promise<void> {
    const { cluster, prng, tell } = this.#options;
    this.#faultCounts.set(fault.name, (this.#faultCounts.get(fault.name) ?? 0) + 1);
    await fault.run({
      cluster,
      prng,
      tell: (line) =>
        tell(`  ${((monotonicMs() - this.#startedAtMs) / 1_000).toFixed(1)} s ${line}`),
      busiestLeader: () => this.#watch.busiestLeader(),
      hold: elapse,
    });
  }

  /** One fault, and sometimes one more at the same time that leaves it alone. */
  #chooseFaults(): readonly Fault[] {
    const { faults, prng } = this.#options;
    const fault = this.#nextFault(faults);
    const companions = faults.filter((one) => one.isCompanion === true && one !== fault);
    if (companions.length === 0 || !prng.oneIn(4)) return [fault];
    return [fault, prng.pick(companions)];
  }

  /** Each fault once before any comes again, in an order of chance. */
  #nextFault(faults: readonly Fault[]): Fault {
    const least = Math.min(...faults.map(({ name }) => this.#faultCounts.get(name) ?? 0));
    const next = faults.filter(({ name }) => (this.#faultCounts.get(name) ?? 0) === least);
    return this.#options.prng.pick(next);
  }

  #measureGaps(chosen: readonly Fault[], pulse: Pulse, window: Disturbance): void {
    if (chosen.some(({ keepsMajority }) => !keepsMajority)) return;
    const round = `round ${this.#rounds} (${namesOf(chosen)})`;
    for (const [at, gapMs] of pulse.longestGapsMs(window).entries()) {
      this.#gaps.push({ ms: gapMs, round });
      if (gapMs <= gapMsMax) continue;
      this.#violations.push(
        `partition ${at + 1}: not served for ${Math.round(gapMs)} ms in ${round}, though a ` +
          'majority was alive',
      );
    }
  }

  /** Through a node of chance, because all of them must say the same. */
  async #read(round: Round): Promise<void> {
    const place = this.#options.prng.pick(this.#options.cluster.places);
    round.events.push(...(await readKeys(place, round.keys)));
  }

  async #judgePrevious(): Promise<void> {
    const round = this.#previous;
    this.#previous = undefined;
    if (round === undefined) return;
    await this.#read(round);
    this.#judge.addRound(round.events, lateBetween(this.#disturbances));
  }

  async #end(): Promise<void> {
    const { cluster, partitionCount } = this.#options;
    if (this.#found().length > 0) return;
    await elapse(lastCalmMs);
    await this.#judgePrevious();
    this.#judge.addLastGrants(await grantLast(cluster, partitionCount));
    this.#violations.push(...cluster.crashes());
  }

  #found(): readonly string[] {
    const found = [...this.#violations, ...this.#book.violations, ...this.#judge.violations];
    return [...new Set(found)].slice(0, violationsMax);
  }

  #verdict(): Verdict {
    return {
      seconds: (monotonicMs() - this.#startedAtMs) / 1_000,
      rounds: this.#rounds,
      faults: this.#faultCounts,
      operations: this.#judge.eventCount,
      unknown: this.#judge.unknownCount,
      refused: this.#refusals,
      grants: this.#judge.grantCount,
      tokens: this.#judge.tokenCount,
      leaderMoves: this.#book.moves,
      gaps: this.#gaps,
      violations: this.#found(),
    };
  }
}

function namesOf(faults: readonly Fault[]): string {
  return faults.map(({ name }) => name).join(' and ');
}
