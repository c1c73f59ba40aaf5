import type { HistoryEvent, Operation } from '../checker/history.ts';
import { Connection, NoReply } from '../harness/connection.ts';
import { elapse, monotonicMs } from '../harness/elapse.ts';
import { commandOf, noteHolder, outcomeOf, type Spelling } from '../harness/lease-commands.ts';
import type { Prng } from '../src/base/prng.ts';
import type { KeyPool } from './key-pool.ts';
import type { NodePlace } from './network.ts';
import { mayHaveRunTwice } from './repetition.ts';

/** What the lanes of a workload have in common. */
export interface LaneSurroundings {
  readonly places: readonly NodePlace[];
  readonly prng: Prng;
  readonly keys: KeyPool;
  readonly name: string;
  readonly note: (event: HistoryEvent) => void;
  readonly noteRefusal: () => void;
  readonly noteViolation: (sentence: string) => void;
  /** Whether a fault that stops a process has touched this node since then. */
  readonly wasStoppedSince: (nodeId: number, sinceMs: number) => boolean;
}

const ownKeyCount = 3;
const connectMs = 500;
/**
 * A node without a leader answers within 4 s (`limits.leaderWaitMs`), whatever else happens; the
 * rest is room for a machine whose few cores the nodes and their clients share.
 */
const replyMsMax = 9_000;
const pauseAfterRefusalMs = 50;
const spellings: readonly Spelling[] = ['own', 'redis'];
const minuteMs = 60_000;

/**
 * One client with one operation under way: it takes, extends and releases leases through
 * whatever node it is connected to, and goes to another one when it is refused or cut off.
 */
export class Lane {
  readonly #number: number;
  readonly #around: LaneSurroundings;
  readonly #own: string[];
  readonly #holds = new Map<string, string>();
  #connection: Connection | undefined;
  #place: NodePlace;
  #count = 0;
  #stopping = false;

  constructor(number: number, around: LaneSurroundings) {
    this.#number = number;
    this.#around = around;
    this.#own = Array.from({ length: ownKeyCount }, () => around.keys.own());
    this.#place = around.prng.pick(around.places);
  }

  stop(): void {
    this.#stopping = true;
  }

  /** Resolves after `stop`, when nothing is under way any more. */
  async run(): Promise<void> {
    while (!this.#stopping) {
      const connection = await this.#connect();
      if (connection === undefined) continue;
      await this.#step(connection);
      await elapse(this.#around.prng.between(2, 20));
    }
    this.#connection?.close();
  }

  async #connect(): Promise<Connection | undefined> {
    if (this.#connection?.isOpen === true) return this.#connection;
    this.#connection = await Connection.tryOpen(this.#place, connectMs);
    if (this.#connection !== undefined) return this.#connection;
    await this.#leave();
    return undefined;
  }

  async #leave(): Promise<void> {
    this.#connection?.close();
    this.#connection = undefined;
    this.#place = this.#around.prng.pick(this.#around.places);
    await elapse(pauseAfterRefusalMs);
  }

  async #step(connection: Connection): Promise<void> {
    const { prng, keys, name, note, noteRefusal, noteViolation } = this.#around;
    this.#count += 1;
    const key = prng.oneIn(3) ? keys.contended(prng) : prng.pick(this.#own);
    const owner = `${name}.${this.#number}.${this.#count}`;
    const operation = chooseOperation({ prng, key, owner, held: this.#holds.get(key) });
    const spelling = prng.pick(spellings);
    const sentAtMs = monotonicMs();
    try {
      const reply = await connection.ask(commandOf(operation, spelling), replyMsMax);
      const answeredAtMs = monotonicMs();
      if (reply instanceof Error && isRefusal(reply)) {
        noteRefusal();
        await this.#leave();
        return;
      }
      const outcome = outcomeOf(operation, spelling, reply);
      const event: HistoryEvent = { operation, sentAtMs, answeredAtMs, outcome };
      if (outcome.kind === 'unknown') this.#noteUnknown(event);
      else note(event);
      if (mayHaveRunTwice(event)) this.#leaveAlone(key);
      noteHolder(this.#holds, event);
    } catch (failure) {
      if (failure instanceof NoReply) {
        this.#judgeSilence(failure, sentAtMs, operation);
        const outcome = { kind: 'unknown' } as const;
        this.#noteUnknown({ operation, sentAtMs, answeredAtMs: monotonicMs(), outcome });
      } else {
        noteViolation(failure instanceof Error ? failure.message : String(failure));
      }
      await this.#leave();
    }
  }

  /** Nobody may be left waiting by a process that runs. */
  #judgeSilence({ kind }: NoReply, sentAtMs: number, { kind: asked, key }: Operation): void {
    const { nodeId } = this.#place;
    if (kind === 'ended' || this.#around.wasStoppedSince(nodeId, sentAtMs)) return;
    const what = `${asked} ${key} sent at ${sentAtMs.toFixed(0)}`;
    this.#around.noteViolation(`node ${nodeId} left ${what} without a reply for ${replyMsMax} ms`);
  }

  #noteUnknown(event: HistoryEvent): void {
    const { key, kind } = event.operation;
    // A read that nobody answered changed nothing.
    if (kind === 'read') return;
    this.#around.note(event);
    this.#leaveAlone(key);
  }

  #leaveAlone(key: string): void {
    if (!this.#around.keys.noteUnknown(key)) return;
    this.#holds.delete(key);
    const place = this.#own.indexOf(key);
    if (place !== -1) this.#own[place] = this.#around.keys.own();
  }
}

/** Replies that promise that the command was not executed. */
function isRefusal({ message }: Error): boolean {
  return /^(CLUSTERDOWN|LOADING|TRYAGAIN) /.test(message);
}

function chooseOperation({
  prng,
  key,
  owner,
  held,
}: {
  readonly prng: Prng;
  readonly key: string;
  readonly owner: string;
  readonly held: string | undefined;
}): Operation {
  // Minutes tell an extension from the lease that it extended; short leases end by themselves.
  const ttlMs = prng.oneIn(4) ? prng.between(50, 2_000) : prng.between(10, 1_000) * minuteMs;
  const choice = prng.below(100);
  if (held === undefined || choice < 10) {
    if (choice % 10 === 0) return { kind: 'read', key };
    if (choice % 10 === 1) return { kind: 'delete', key };
    return prng.oneIn(2) ? { kind: 'lock', key, owner, ttlMs } : { kind: 'set', key, owner, ttlMs };
  }
  if (choice < 20) return { kind: 'lock', key, owner: held, ttlMs };
  if (choice < 45) return { kind: 'extend', key, owner: held, ttlMs };
  if (choice < 50) return { kind: 'move', key, ttlMs };
  if (choice < 55) return { kind: 'delete', key };
  if (choice < 75) return { kind: 'read', key };
  return { kind: 'release', key, owner: held };
}
