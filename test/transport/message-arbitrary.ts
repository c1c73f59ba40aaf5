import fc from 'fast-check';
import type { Message } from '../../src/raft/message.ts';
import { type EntryKind, indexOf, replicaIdOf, termOf } from '../../src/raft/types.ts';
import type { OpaqueKind, Packet } from '../../src/transport/packet.ts';
import { seedOf } from '../seed.ts';

const number = fc.oneof(
  fc.nat(),
  fc.maxSafeNat(),
  fc.constantFrom(0, 127, 128, 2 ** 31, 2 ** 53 - 1),
);
const term = number.map(termOf);
const index = number.map(indexOf);
const replicaId = number.map(replicaIdOf);
const bytes = fc.uint8Array({ maxLength: 60 }).map((value) => Buffer.from(value));
const entryKinds: readonly EntryKind[] = ['noop', 'effects', 'time', 'configuration'];
const replicas = fc.array(replicaId, { maxLength: 5 });

const entry = fc.record({
  index,
  term,
  timeMs: number,
  kind: fc.constantFrom(...entryKinds),
  payload: bytes,
});
const configuration = fc.record({ voters: replicas, outgoing: replicas, learners: replicas });
const snapshot = fc.record({ index, term, timeMs: number, configuration });

type Arbitraries = { readonly [Kind in Message['kind']]: fc.Arbitrary<Message & { kind: Kind }> };

/** Every message there is, by its kind: a new one is a compile error here. */
const messages: Arbitraries = {
  'pre-vote': fc.record({
    kind: fc.constant('pre-vote'),
    term,
    lastIndex: index,
    lastTerm: term,
  }),
  'pre-vote-reply': fc.record({
    kind: fc.constant('pre-vote-reply'),
    term,
    granted: fc.boolean(),
  }),
  'request-vote': fc.record({
    kind: fc.constant('request-vote'),
    term,
    lastIndex: index,
    lastTerm: term,
    transfer: fc.boolean(),
  }),
  'request-vote-reply': fc.record({
    kind: fc.constant('request-vote-reply'),
    term,
    granted: fc.boolean(),
  }),
  'append-entries': fc.record({
    kind: fc.constant('append-entries'),
    term,
    session: number,
    previousIndex: index,
    previousTerm: term,
    entries: fc.array(entry, { maxLength: 4 }),
    commitIndex: index,
  }),
  'append-accepted': fc.record({
    kind: fc.constant('append-accepted'),
    term,
    session: number,
    matchIndex: index,
  }),
  'append-rejected': fc.record({
    kind: fc.constant('append-rejected'),
    term,
    session: number,
    previousIndex: index,
    hintIndex: index,
    hintTerm: term,
  }),
  heartbeat: fc.record({
    kind: fc.constant('heartbeat'),
    term,
    commitIndex: index,
    readId: number,
    quiesce: fc.boolean(),
  }),
  'heartbeat-reply': fc.record({ kind: fc.constant('heartbeat-reply'), term, readId: number }),
  'stale-term': fc.record({ kind: fc.constant('stale-term'), term }),
  'install-snapshot': fc.record({
    kind: fc.constant('install-snapshot'),
    term,
    session: number,
    snapshot,
  }),
  'timeout-now': fc.record({ kind: fc.constant('timeout-now'), term }),
};

export const anyMessage: fc.Arbitrary<Message> = fc.oneof(...Object.values(messages));

const opaqueKinds: readonly OpaqueKind[] = ['request', 'reply', 'snapshot', 'control'];

export const anyPacket: fc.Arbitrary<Packet> = fc.oneof(
  fc.record({
    kind: fc.constant('raft' as const),
    partition: fc.nat({ max: 1024 }),
    from: replicaId,
    to: replicaId,
    message: anyMessage,
  }),
  fc.record({ kind: fc.constantFrom(...opaqueKinds), body: bytes }),
);

export const seed = seedOf();
export const runs = { seed, numRuns: Number(process.env.FENCEPOST_RUNS ?? 1_000) };
