import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FencepostError } from '../../src/base/errors.ts';
import { FrameReader, frameHeadBytes, frameOf } from '../../src/transport/frame.ts';
import { runs } from './message-arbitrary.ts';

const bodyBytesMax = 1_000;
const body = fc.uint8Array({ maxLength: 50 }).map((bytes) => Buffer.from(bytes));
const bodies = fc.array(body, { minLength: 1, maxLength: 6 });

/** The bodies that come out, and whether the bytes were found to be no frames. */
function read(chunks: readonly Buffer[]): { readonly found: Buffer[]; readonly broken: boolean } {
  const reader = new FrameReader(bodyBytesMax);
  const found: Buffer[] = [];
  try {
    for (const chunk of chunks) {
      reader.push(chunk);
      for (let next = reader.next(); next !== undefined; next = reader.next()) found.push(next);
    }
    return { found, broken: false };
  } catch (failure) {
    if (!(failure instanceof FencepostError)) throw failure;
    return { found, broken: true };
  }
}

const framesOf = (sent: readonly Buffer[]): Buffer => Buffer.concat(sent.map(frameOf));

describe('frames', () => {
  test('are found wherever the bytes are cut', () => {
    fc.assert(
      fc.property(bodies, fc.array(fc.nat({ max: 400 }), { maxLength: 10 }), (sent, cuts) => {
        const bytes = framesOf(sent);
        const offsets = [0, ...cuts, bytes.length].sort((left, right) => left - right);
        const chunks = offsets.slice(1).map((end, at) => bytes.subarray(offsets[at], end));
        expect(read(chunks)).toEqual({ found: sent, broken: false });
        expect(read([...bytes].map((byte) => Buffer.of(byte)))).toEqual({
          found: sent,
          broken: false,
        });
      }),
      { ...runs, numRuns: Math.min(runs.numRuns, 300) },
    );
  });

  test('after a changed byte are not handed over', () => {
    fc.assert(
      fc.property(bodies, fc.nat(), fc.integer({ min: 1, max: 255 }), (sent, place, change) => {
        const bytes = framesOf(sent);
        const at = place % bytes.length;
        bytes[at] = (bytes[at] ?? 0) ^ change;
        const { found } = read([bytes]);
        expect(found).toEqual(sent.slice(0, frameAt(sent, at)));
      }),
      runs,
    );
  });

  test('that come twice, are left out or change places are found out', () => {
    const [first, second, third] = [Buffer.from('a'), Buffer.from('b'), Buffer.from('c')].map(
      frameOf,
    );
    const orders = [[first, first], [second], [first, third], [first, third, second]];
    for (const order of orders) {
      const chunks = order.map((frame) => frame ?? Buffer.alloc(0));
      expect(read(chunks).broken).toBe(true);
    }
  });

  test('larger than allowed are refused by their first bytes', () => {
    const frame = frameOf(Buffer.alloc(bodyBytesMax + 1), 0);
    expect(read([frame.subarray(0, 5)]).broken).toBe(true);
    expect(read([frameOf(Buffer.alloc(bodyBytesMax), 0)]).broken).toBe(false);
  });

  test.each(['PING\r\n', '*1\r\n$4\r\nPING\r\n', 'GET / HTTP/1.1\r\n\r\n', '\x16\x03\x01\x02\x00'])(
    'are not what these bytes are, which is known without waiting for more: %j',
    (text) => {
      expect(read([Buffer.from(text, 'latin1')]).broken).toBe(true);
    },
  );

  test('of another layout are refused', () => {
    const frame = frameOf(Buffer.from('later'), 0);
    frame[4] = 2;
    expect(read([frame]).broken).toBe(true);
  });
});

/** Which frame holds the byte at `offset`. */
function frameAt(sent: readonly Buffer[], offset: number): number {
  let end = 0;
  return sent.findIndex(({ length }) => {
    end += frameHeadBytes + length;
    return offset < end;
  });
}
