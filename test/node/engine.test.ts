import { expect, test } from 'vitest';
import { limits } from '../../src/base/limits.ts';
import { Engine } from '../../src/node/engine.ts';
import type { Partition } from '../../src/partition/partition.ts';
import type { Message } from '../../src/raft/message.ts';
import { type ReplicaId, replicaOf } from '../../src/raft/types.ts';

const self = replicaOf(1, 1);
const from = replicaOf(2, 1);
// `as`: of a message the engine reads no more than its kind.
const accepted = { kind: 'append-accepted' } as Message;
const entries = { kind: 'append-entries' } as Message;

/** An engine of one group that has something to do after every message. */
function engineOfOne(turnsInFlight = 0) {
  const events: string[] = [];
  let hasOutput = false;
  const raft = {
    self,
    get hasOutput() {
      return hasOutput;
    },
    step: (_from: ReplicaId, { kind }: Message) => {
      events.push(`step ${kind}`);
      hasOutput = true;
    },
    takeOutput: () => {
      hasOutput = false;
      return { hardState: undefined, entries: [], messages: [] };
    },
  };
  const partition = {
    id: 0,
    raft,
    noteAppended: () => undefined,
    advance: () => events.push('advance'),
    endTurn: () => events.push('propose'),
  };
  const engine = new Engine({
    // `as`: the engine asks no more than this of a group.
    partitions: [partition as unknown as Partition],
    store: { turnsInFlight, append: () => undefined },
    send: () => undefined,
    flush: () => events.push('flush'),
    onOutput: () => undefined,
    onProgress: () => undefined,
    timeEntryTicks: 20,
    tickMs: 50,
    heartbeatTicks: 3,
  });
  const receive = (...messages: readonly Message[]): void => {
    for (const message of messages) {
      engine.receive({ kind: 'raft', partition: 0, from, to: self, message });
    }
    engine.endFrame();
  };
  return { engine, events, receive };
}

test('what a frame confirms leaves before the turn ends, and proposes nothing', () => {
  const { engine, events, receive } = engineOfOne();
  receive(accepted, accepted);
  expect(events).toEqual(['step append-accepted', 'step append-accepted', 'advance', 'flush']);
  events.length = 0;
  engine.endFrame();
  engine.endTurn();
  expect(events).toEqual(['propose', 'flush']);
});

test('entries wait for the end of the turn, so that several frames share one sync', () => {
  const { engine, events, receive } = engineOfOne();
  receive(entries);
  receive(entries);
  expect(events).toEqual(['step append-entries', 'step append-entries']);
  engine.endTurn();
  expect(events.slice(2)).toEqual(['propose', 'advance', 'flush']);
});

test('with too many writes under way nothing is driven, whatever a frame confirms', () => {
  const { engine, events, receive } = engineOfOne(limits.turnsInFlightMax);
  receive(accepted);
  engine.endTurn();
  expect(events).toEqual(['step append-accepted']);
});
