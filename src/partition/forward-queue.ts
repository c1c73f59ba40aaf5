import { assertNever } from '../base/assert.ts';
import { ChurnMap } from '../base/churn-map.ts';
import { limits } from '../base/limits.ts';
import type { Answer } from './forwarded.ts';
import { isSameRoute, type LeaderRoutes, type Route } from './leader-routes.ts';
import type { Partition } from './partition.ts';
import type { Pending } from './pending.ts';

/** What the queue of one partition needs of its node. */
export interface ForwardQueueOptions {
  readonly partition: Partition;
  readonly routes: LeaderRoutes;
  /** Runs it here, where the leader is; false if it has to wait for something. */
  readonly run: (pending: Pending) => boolean;
  /** Whether that node was heard a moment ago. */
  readonly hears: (nodeId: number) => boolean;
  /** Sends it and returns its id; undefined if it cannot be sent now. */
  readonly send: (route: Route, pending: Pending) => number | undefined;
}

const leaderLost = 'the leader was lost';

/**
 * The commands of this node for one partition that cannot run at once: they wait for a leader, or
 * were sent to one and wait for its answer. They are sent in their order, and those that have to be
 * sent again keep their places, so that one connection's commands run in their order.
 *
 * Requests are unanswered at one leader at a time. When another leads, the former one gets a short
 * time for its answers: it may have run the requests, and if it handed its leadership over by
 * itself, it tells. After that what it did is decided: what it ran in its term is in the log of the
 * next leader before that one runs anything, or it never will be.
 */
export class ForwardQueue {
  readonly #options: ForwardQueueOptions;
  #waiting: Pending[] = [];
  #head = 0;
  /** Unanswered requests by their ids, which rise. */
  readonly #sent = new ChurnMap<number, Pending>();
  /** What is to run again, in no particular order. */
  #again: Pending[] = [];
  /** Where the unanswered requests are. */
  #route: Route | undefined;
  /** When it turned out that nothing more may be sent there. */
  #retiredAtMs: number | undefined;

  constructor(options: ForwardQueueOptions) {
    this.#options = options;
  }

  /** Nothing waits, so that a command may run at once if the leader is here. */
  get idle(): boolean {
    return this.#head === this.#waiting.length && this.#sent.size === 0 && this.#again.length === 0;
  }

  add(pending: Pending): void {
    this.#waiting.push(pending);
  }

  again(pending: Pending): void {
    this.#again.push(pending);
  }

  /** Runs or sends what can be. */
  pump(nowMs: number): void {
    const { partition, routes, run } = this.#options;
    const route = partition.ready ? undefined : routes.find(partition);
    if (this.#sent.size > 0) {
      if (!isSameRoute(route, this.#route)) this.#retire(nowMs);
      if (this.#retiredAtMs !== undefined) return;
    }
    if (this.#again.length > 0) this.#putAgain();
    for (;;) {
      const pending = this.#waiting[this.#head];
      if (pending === undefined) break;
      if (!pending.done) {
        if (partition.ready) {
          if (partition.full || !run(pending)) break;
        } else if (route === undefined || !this.#send(route, pending)) break;
      }
      this.#head += 1;
    }
    this.#forgetGone();
  }

  /** The answer to the request `id`; one that nobody waits for is ignored. */
  answered(id: number, answer: Answer, nowMs: number): void {
    if (answer.kind === 'forgotten') return;
    const pending = this.#sent.get(id);
    const route = this.#route;
    if (pending === undefined || route === undefined) return;
    this.#sent.delete(id);
    const { partition, routes } = this.#options;
    switch (answer.kind) {
      case 'done':
        pending.finish(answer.reply);
        break;
      case 'refused':
        routes.noteOver(partition.id, route.term, { nodeId: answer.leader, term: answer.term });
        this.#retire(nowMs);
        pending.didNotRun();
        break;
      case 'lost':
        routes.noteOver(partition.id, route.term);
        this.#retire(nowMs);
        pending.unknown(leaderLost);
        break;
      default:
        assertNever(answer);
    }
    this.#maybeReturn();
  }

  /**
   * The link to a node is down, or that node has forgotten requests up to `id`. What was sent
   * behind those is given up with them: it may have run, and to let it stand would turn the order
   * around, an acquisition that runs again behind its own release.
   */
  lose(nodeId: number, id = Number.MAX_SAFE_INTEGER): void {
    const [firstId = 0] = this.#sent.keys();
    if (this.#route?.nodeId === nodeId && firstId <= id) this.#loseSent();
  }

  tick(nowMs: number): void {
    if (this.#isGivenUp(nowMs)) this.#loseSent();
    for (const [id, pending] of this.#sent) {
      if (pending.deadlineMs > nowMs) break;
      this.#sent.delete(id);
      pending.late(true);
    }
    this.#maybeReturn();
    for (const pending of this.#again) if (pending.deadlineMs <= nowMs) pending.late(false);
    this.#again = this.#again.filter(({ done }) => !done);
    for (let at = this.#head; at < this.#waiting.length; at += 1) {
      const pending = this.#waiting[at];
      if (pending === undefined || pending.deadlineMs > nowMs) break;
      pending.late(false);
      this.#head = at + 1;
    }
  }

  #send(route: Route, pending: Pending): boolean {
    if (this.#sent.size >= limits.forwardsInFlightMax) return false;
    const id = this.#options.send(route, pending);
    if (id === undefined) return false;
    this.#route = route;
    this.#sent.set(id, pending);
    return true;
  }

  #retire(nowMs: number): void {
    this.#retiredAtMs ??= nowMs;
  }

  #loseSent(): void {
    for (const [id, pending] of this.#sent) {
      this.#sent.delete(id);
      pending.unknown(leaderLost);
    }
    this.#maybeReturn();
  }

  /** A former leader whose node lives tells what became of the requests, however busy it is. */
  #isGivenUp(nowMs: number): boolean {
    if (this.#retiredAtMs === undefined || this.#route === undefined) return false;
    const retiredMs = nowMs - this.#retiredAtMs;
    if (retiredMs < limits.formerLeaderMs) return false;
    return retiredMs >= limits.formerLeaderHeardMs || !this.#options.hears(this.#route.nodeId);
  }

  /** With no request unanswered, the next ones may go elsewhere. */
  #maybeReturn(): void {
    if (this.#sent.size > 0) return;
    this.#route = undefined;
    this.#retiredAtMs = undefined;
  }

  /** What runs again comes before everything that has not run yet, in the order of before. */
  #putAgain(): void {
    this.#again.sort((one, other) => one.sequence - other.sequence);
    this.#waiting = [...this.#again, ...this.#waiting.slice(this.#head)];
    this.#head = 0;
    this.#again = [];
  }

  #forgetGone(): void {
    if (this.#head === this.#waiting.length) {
      this.#waiting = [];
      this.#head = 0;
    } else if (this.#head > 64 && this.#head * 2 > this.#waiting.length) {
      this.#waiting.splice(0, this.#head);
      this.#head = 0;
    }
  }
}
