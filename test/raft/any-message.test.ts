import { expect, test } from 'vitest';
import { AssertionError } from '../../src/base/assert.ts';
import { FencepostError } from '../../src/base/errors.ts';
import { Prng } from '../../src/base/prng.ts';
import { encodeConfiguration } from '../../src/raft/configuration-codec.ts';
import type { Message } from '../../src/raft/message.ts';
import {
  type Configuration,
  type Entry,
  indexOf,
  replicaIdOf,
  termOf,
} from '../../src/raft/types.ts';
import { seedOf } from '../seed.ts';
import { Driver, entryOf } from './replica-driver.ts';

const seed = seedOf(1);
const runs = Number(process.env.FENCEPOST_RAFT_MESSAGE_RUNS ?? 6000);

/** What only a cluster in which consensus is broken says. */
const brokenConsensus = new Set([
  'a term has one leader',
  'a leader has what is committed',
  'a leader does not change its own log',
  'a committed entry is never cut',
]);

/** Messages that mean anything or nothing, about a log of a few entries. */
class AnyMessage {
  readonly #prng: Prng;

  constructor(prng: Prng) {
    this.#prng = prng;
  }

  next(): Message {
    const term = termOf(this.#number(5));
    const log = { lastIndex: indexOf(this.#number(8)), lastTerm: termOf(this.#number(5)) };
    const session = this.#number(4);
    const [index, readId, granted] = [indexOf(this.#number(8)), this.#number(4), this.#chance(2)];
    const hint = { hintIndex: indexOf(this.#number(8)), hintTerm: termOf(this.#number(5)) };
    const all: readonly (() => Message)[] = [
      () => ({ kind: 'pre-vote', term, ...log }),
      () => ({ kind: 'pre-vote-reply', term, granted }),
      () => ({ kind: 'request-vote', term, ...log, transfer: granted }),
      () => ({ kind: 'request-vote-reply', term, granted }),
      () => this.#append(),
      () => this.#append(),
      () => ({ kind: 'append-accepted', term, session, matchIndex: index }),
      () => ({ kind: 'append-rejected', term, session, previousIndex: index, ...hint }),
      () => ({ kind: 'heartbeat', term, commitIndex: index, readId, quiesce: granted }),
      () => ({ kind: 'heartbeat-reply', term, readId }),
      () => ({ kind: 'stale-term', term }),
      () => ({ kind: 'timeout-now', term }),
      () => this.#install(),
    ];
    return this.#prng.pick(all)();
  }

  #append(): Message {
    const [previous, previousTerm] = [this.#number(6), this.#number(4)];
    const entries = Array.from({ length: this.#prng.below(4) }, (_, at) => {
      const index = previous + 1 + at + (this.#chance(20) ? 1 : 0);
      return this.#entry(entryOf(index, previousTerm + this.#prng.below(2)));
    });
    return {
      kind: 'append-entries',
      term: termOf(this.#number(5)),
      session: this.#number(3),
      previousIndex: indexOf(previous),
      previousTerm: termOf(previousTerm),
      entries,
      commitIndex: indexOf(this.#number(8)),
    };
  }

  #entry(entry: Entry): Entry {
    if (!this.#chance(6)) return entry;
    const garbage = Buffer.from([this.#prng.below(3)]);
    const payload = this.#chance(4) ? garbage : encodeConfiguration(this.#configuration());
    return { ...entry, kind: 'configuration', payload };
  }

  #install(): Message {
    const [index, term] = [indexOf(this.#number(9)), termOf(this.#number(5))];
    const place = { index, term, timeMs: this.#number(9), configuration: this.#configuration() };
    return { kind: 'install-snapshot', term: termOf(this.#number(5)), session: 1, snapshot: place };
  }

  #configuration(): Configuration {
    const some = (countMax: number) =>
      Array.from({ length: this.#prng.below(countMax + 1) }, () =>
        replicaIdOf(this.#prng.below(5)),
      );
    return { voters: some(3), outgoing: some(1), learners: some(1) };
  }

  #number(below: number): number {
    const huge = [2 ** 33, 2 ** 52, Number.MAX_SAFE_INTEGER];
    return this.#chance(40) ? this.#prng.pick(huge) : this.#prng.below(below);
  }

  #chance(oneIn: number): boolean {
    return this.#prng.below(oneIn) === 0;
  }
}

test('whatever peers send, nothing but broken consensus ends the process', () => {
  const prng = new Prng(seed);
  const anyMessage = new AnyMessage(prng);
  const counts = { taken: 0, refused: 0, broken: 0 };
  for (let run = 0; run < runs; run += 1) {
    const log = [1, 1, 2].slice(0, prng.below(4));
    const driver = new Driver({ log, seed: run, quiesceTicks: 3 });
    if (prng.below(2) === 0) driver.elect([2]).sync();
    for (let at = 0; at < 40; at += 1) {
      const message = anyMessage.next();
      const outcome = outcomeOf(() => driver.step(2 + prng.below(2), message));
      counts[outcome] += 1;
      if (outcome === 'broken') break;
      if (prng.below(3) === 0) driver.tick(prng.below(12));
      driver.raft.propose('effects', Buffer.alloc(1), at);
      driver.raft.readIndex();
      if (prng.below(2) === 0) driver.take();
      else driver.sync();
    }
  }
  console.log(JSON.stringify(counts));
  for (const count of Object.values(counts)) expect(count).toBeGreaterThan(runs / 10);
});

function outcomeOf(step: () => void): 'taken' | 'refused' | 'broken' {
  try {
    step();
    return 'taken';
  } catch (failure) {
    if (failure instanceof FencepostError && failure.code === 'PEER_PROTOCOL') return 'refused';
    if (!(failure instanceof AssertionError) || !brokenConsensus.has(failure.message))
      throw failure;
    return 'broken';
  }
}
