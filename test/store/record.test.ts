import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { indexOf, replicaIdOf, termOf } from '../../src/raft/types.ts';
import { readBody, readRecord } from '../../src/store/record-decoder.ts';
import { RecordEncoder } from '../../src/store/record-encoder.ts';
import { findRecords } from '../../src/store/segment-scan.ts';
import type { Append } from '../../src/store/store-port.ts';
import { append, entry } from './sample-log.ts';

const salt = 0x1234abcd;
const integer = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER });

const anAppend: fc.Arbitrary<Append> = fc
  .record({
    partition: fc.integer({ min: 0, max: 65_535 }),
    vote: fc.option(fc.record({ term: integer, votedFor: integer })),
    first: fc.integer({ min: 1, max: 2 ** 50 }),
    bodies: fc.array(
      fc.record({
        term: integer,
        timeMs: integer,
        kind: fc.constantFrom('noop', 'effects', 'time', 'configuration'),
        payload: fc.uint8Array({ maxLength: 300 }),
      }),
      { maxLength: 5 },
    ),
  })
  .map(({ partition, vote, first, bodies }) => {
    const entries = bodies.map(({ term, timeMs, kind, payload }, at) => {
      const index = indexOf(first + at);
      return { index, term: termOf(term), timeMs, kind, payload: Buffer.from(payload) } as const;
    });
    if (vote === null) return { partition, entries };
    const hardState = { term: termOf(vote.term), votedFor: replicaIdOf(vote.votedFor) };
    return { partition, entries, hardState };
  });

function sealed(appends: readonly Append[], offset = 0): Buffer {
  const encoder = new RecordEncoder();
  encoder.encodeAppends(appends);
  const position = { segment: 3, offset };
  const durable = { segment: 2, offset: 77 };
  return Buffer.from(encoder.seal({ position, previousCrc: 99, durable, salt }));
}

describe('a record', () => {
  test('is read back as it was written', () => {
    fc.assert(
      fc.property(fc.array(anAppend, { maxLength: 6 }), (appends) => {
        const bytes = sealed(appends);
        const head = readRecord(bytes, { segment: 3, offset: 0 }, salt);
        expect(head).toMatchObject({ kind: 'record', length: bytes.length, previousCrc: 99 });
        if (head.kind === 'record')
          expect(readBody(bytes, head)).toEqual({ kind: 'appends', appends });
      }),
    );
  });

  test('with any flipped bit is no record', () => {
    const bytes = sealed([append({ first: 1, last: 3 })]);
    for (let bit = 0; bit < bytes.length * 8; bit += 1) {
      const flipped = Buffer.from(bytes);
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      const read = readRecord(flipped, { segment: 3, offset: 0 }, salt);
      expect(read.kind).toBe('broken');
    }
  });

  test('is none at another place or under another salt', () => {
    const bytes = sealed([append({ first: 1, last: 3 })]);
    expect(readRecord(bytes, { segment: 4, offset: 0 }, salt).kind).toBe('broken');
    expect(readRecord(bytes, { segment: 3, offset: 0 }, salt + 1).kind).toBe('broken');
    const moved = Buffer.concat([Buffer.alloc(10), bytes]);
    expect(readRecord(moved, { segment: 3, offset: 10 }, salt).kind).toBe('broken');
  });

  test('inside the value of a lock is not taken for one', () => {
    const inner = sealed([append({ first: 1, last: 3 })]);
    const text = inner.toString('latin1');
    const bytes = sealed([{ partition: 0, entries: [entry({ index: 1, text })] }]);
    expect(bytes.includes(inner)).toBe(true);
    expect(findRecords(bytes, { segment: 3, offset: 1 }, salt)).toEqual([]);
    expect(findRecords(bytes, { segment: 3, offset: 0 }, salt)).toHaveLength(1);
  });
});
