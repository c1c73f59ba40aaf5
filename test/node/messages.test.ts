import fc from 'fast-check';
import { expect, test } from 'vitest';
import { FencepostError } from '../../src/base/errors.ts';
import { decodeCheckpointMeta, encodeCheckpointMeta } from '../../src/node/checkpoint-meta.ts';
import { decodeControl, encodeControl } from '../../src/node/control-message.ts';
import { decodeSnapshotPart, encodeSnapshotPart } from '../../src/node/snapshot-part.ts';
import { indexOf, replicaOf, termOf } from '../../src/raft/types.ts';

const bytes = fc.uint8Array({ maxLength: 40 }).map((array) => Buffer.from(array));
const number = fc.integer({ min: 0, max: 2 ** 40 });

const snapshotPart = fc.oneof(
  fc.record({
    kind: fc.constant('begin' as const),
    transfer: number,
    partition: fc.integer({ min: 0, max: 256 }),
    from: number.map((id) => replicaOf(id % 1000, 1)),
    to: number.map((id) => replicaOf(id % 1000, 2)),
    term: number.map(termOf),
    session: number,
    checkpoint: fc.record({
      index: number.map(indexOf),
      term: number.map(termOf),
      timeMs: number,
      meta: bytes,
    }),
  }),
  fc.record({
    kind: fc.constant('rows' as const),
    transfer: number,
    rows: fc.array(fc.tuple(bytes, bytes), { maxLength: 5 }),
  }),
  fc.record({ kind: fc.constantFrom('end', 'taken', 'given-up'), transfer: number }),
);

test('every part of a snapshot arrives as it left', () => {
  fc.assert(
    fc.property(snapshotPart, (part) => {
      expect(decodeSnapshotPart(encodeSnapshotPart(part))).toEqual(part);
    }),
  );
});

test('bytes that are no part of a snapshot are refused, whatever they are', () => {
  fc.assert(
    fc.property(bytes, (body) => {
      try {
        decodeSnapshotPart(body);
      } catch (failure) {
        expect(failure).toBeInstanceOf(FencepostError);
      }
    }),
  );
});

test('control messages arrive as they left', () => {
  const transfer = { kind: 'transfer', partition: 3, nodeId: 2 } as const;
  expect(decodeControl(encodeControl(transfer))).toEqual(transfer);
  for (const role of ['learner', 'voter', 'removed'] as const) {
    const member = { kind: 'member', nodeId: 7, role, address: '[::1]:17379' } as const;
    expect(decodeControl(encodeControl(member))).toEqual(member);
  }
  const claim = { kind: 'claim', nodeId: 3, incarnation: 2, claim: '0f'.repeat(16) } as const;
  expect(decodeControl(encodeControl(claim))).toEqual(claim);
  const noClaim = encodeControl({ ...claim, claim: 'any text' });
  expect(() => decodeControl(noClaim)).toThrow(FencepostError);
  expect(() => decodeControl(Buffer.from([9, 1]))).toThrow(FencepostError);
});

test('a checkpoint remembers the members of its group', () => {
  const configuration = {
    voters: [replicaOf(1, 1), replicaOf(2, 1)],
    outgoing: [replicaOf(1, 1)],
    learners: [replicaOf(3, 2)],
  };
  const keyspace = Buffer.from([1, 2, 3]);
  const meta = encodeCheckpointMeta({ configuration, keyspace });
  expect(decodeCheckpointMeta(meta)).toEqual({ configuration, keyspace });
  const founding = encodeCheckpointMeta({ configuration, keyspace: undefined });
  expect(decodeCheckpointMeta(founding)).toEqual({ configuration, keyspace: undefined });
});

test('a checkpoint of before there were groups of several is still read', () => {
  const meta = Buffer.from([1, 7]);
  expect(decodeCheckpointMeta(meta)).toEqual({ configuration: undefined, keyspace: meta });
});
