import fc from 'fast-check';
import { expect, test } from 'vitest';
import { requestOf } from '../../harness/request.ts';
import { seedOf } from '../seed.ts';
import { parse } from './request-bytes.ts';

const seed = seedOf();
const options = { seed, numRuns: Number(process.env.FENCEPOST_RUNS ?? 1_000) };

const byteText = (maxLength: number) =>
  fc.uint8Array({ maxLength }).map((bytes) => Buffer.from(bytes).toString('latin1'));
const request = fc.array(byteText(40), { minLength: 1, maxLength: 6 });
/** Bytes that are likely to mean something to the parser. */
const fragment = fc.oneof(
  fc.constantFrom('*1\r\n', '*3\r\n', '$4\r\n', '$0\r\n', '\r\n', '\n', '\r', '*-1\r\n', '$-1\r\n'),
  fc.constantFrom('*', '$', '"', "'", '\\x4', ' ', 'PING', 'PING\r\n', '*65536\r\n', '\0', '\x16'),
  request.map(requestOf),
  byteText(20),
);
const stream = fc.array(fragment, { maxLength: 12 }).map((fragments) => fragments.join(''));
const cuts = fc.array(fc.nat({ max: 400 }), { maxLength: 20 });

test('requests are parsed to the arguments that were sent', () => {
  fc.assert(
    fc.property(fc.array(request, { maxLength: 8 }), (requests) => {
      const { requests: parsed, violation } = parse([requests.map(requestOf).join('')]);
      expect(violation).toBeUndefined();
      expect(parsed).toEqual(requests);
    }),
    options,
  );
});

test('where the bytes are cut changes nothing of what is parsed', () => {
  fc.assert(
    fc.property(stream, cuts, (bytes, offsets) => {
      const whole = parse([bytes]);
      const inPieces = parse(cut(bytes, offsets));
      const singly = parse([...bytes]);
      expect(inPieces).toEqual(whole);
      expect(singly).toEqual(whole);
    }),
    options,
  );
});

test('a byte changed in valid requests gives requests or a violation, and no more bytes', () => {
  fc.assert(
    fc.property(
      fc.array(request, { minLength: 1, maxLength: 4 }),
      fc.nat(),
      fc.nat({ max: 255 }),
      (requests, at, byte) => {
        const bytes = requests.map(requestOf).join('');
        const offset = at % bytes.length;
        const changed =
          bytes.slice(0, offset) + String.fromCharCode(byte) + bytes.slice(offset + 1);
        const { requests: parsed, pendingBytes } = parse([changed]);
        expect(pendingBytes).toBeLessThanOrEqual(changed.length);
        const argumentBytes = parsed.flat().reduce((count, arg) => count + arg.length, 0);
        expect(argumentBytes).toBeLessThanOrEqual(changed.length);
      },
    ),
    options,
  );
});

function cut(bytes: string, offsets: readonly number[]): string[] {
  const sorted = [...offsets, 0, bytes.length].sort((a, b) => a - b);
  return sorted.slice(1).map((end, at) => bytes.slice(sorted[at], end));
}
