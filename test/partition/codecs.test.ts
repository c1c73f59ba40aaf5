import fc from 'fast-check';
import { expect, test } from 'vitest';
import { limits } from '../../src/base/limits.ts';
import type { Answer, Request, Work } from '../../src/partition/forwarded.ts';
import { decodeRequest, encodeRequest } from '../../src/partition/request-codec.ts';
import { decodeResponse, encodeResponse } from '../../src/partition/response-codec.ts';
import type { Reply } from '../../src/resp/reply.ts';

const text = fc.string({
  unit: fc.integer({ min: 0, max: 255 }).map((at) => String.fromCharCode(at)),
});
const count = fc.maxSafeNat();
const db = fc.nat({ max: limits.databaseCount - 1 });
const protocol = fc.constantFrom<2 | 3>(2, 3);
const args = fc.array(text, { minLength: 1 });
const command = fc.record({ db, args });

const work: fc.Arbitrary<Work> = fc.oneof(
  fc.record({ kind: fc.constant('command' as const), db, protocol, requestId: text, args }),
  fc.record({
    kind: fc.constant('transaction' as const),
    protocol,
    sessionId: count,
    watchedCount: count,
    queue: fc.array(command),
  }),
  fc.record({ kind: fc.constant('watch' as const), sessionId: count, db, keys: fc.array(text) }),
  fc.record({ kind: fc.constant('unwatch' as const), sessionId: count }),
);

const request: fc.Arbitrary<Request> = fc.record({
  startId: text,
  id: count,
  partition: count,
  term: count,
  metaIndex: count,
  work,
});

const { reply } = fc.letrec<{ reply: Reply }>((tie) => ({
  reply: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.record({ kind: fc.constantFrom('simple', 'error'), text }) as fc.Arbitrary<Reply>,
    fc.record({ kind: fc.constant('bulk' as const), value: text }),
    fc.record({ kind: fc.constant('integer' as const), value: fc.maxSafeInteger() }),
    fc.record({
      kind: fc.constant('integer' as const),
      value: fc.bigInt({ min: 2n ** 53n, max: 2n ** 80n }),
    }),
    fc.constantFrom<Reply>({ kind: 'null' }, { kind: 'null-array' }, { kind: 'none' }),
    fc.record({ kind: fc.constant('boolean' as const), value: fc.boolean() }),
    fc.record({ kind: fc.constant('double' as const), value: fc.double() }),
    fc.record({ kind: fc.constant('big-number' as const), digits: text }),
    fc.record({ kind: fc.constant('verbatim' as const), format: text, value: text }),
    fc.record({
      kind: fc.constantFrom('array', 'set', 'push'),
      items: fc.array(tie('reply')),
    }) as fc.Arbitrary<Reply>,
    fc.record({
      kind: fc.constant('map' as const),
      entries: fc.array(fc.tuple(tie('reply'), tie('reply'))),
    }),
  ),
}));

const answer: fc.Arbitrary<Answer> = fc.oneof(
  fc.record({ kind: fc.constant('done' as const), reply, metaIndex: count }),
  fc.record({ kind: fc.constant('refused' as const), term: count, leader: count }),
  fc.constantFrom<Answer>({ kind: 'lost' }, { kind: 'forgotten' }),
);
const response = fc.record({ startId: text, id: count, partition: count, answer });

test('a request comes out of its bytes as it went in', () => {
  fc.assert(
    fc.property(request, (each) => {
      expect(decodeRequest(encodeRequest(each))).toEqual(each);
    }),
  );
});

test('a response comes out of its bytes as it went in', () => {
  fc.assert(
    fc.property(response, (each) => {
      expect(decodeResponse(encodeResponse(each))).toEqual(each);
    }),
  );
});

test('a request or response that is cut short, or goes on, is damaged', () => {
  fc.assert(
    fc.property(request, response, fc.nat(), (one, other, at) => {
      for (const [bytes, decode] of [
        [encodeRequest(one), decodeRequest],
        [encodeResponse(other), decodeResponse],
      ] as const) {
        const damaged = expect.objectContaining({ code: 'DATA_DAMAGED' });
        expect(() => decode(bytes.subarray(0, at % bytes.length))).toThrow(damaged);
        expect(() => decode(Buffer.concat([bytes, Buffer.of(0)]))).toThrow(damaged);
      }
    }),
  );
});

test('bytes that are nothing are damaged, and nothing else happens', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
      for (const decode of [decodeRequest, decodeResponse]) {
        try {
          decode(Buffer.from(bytes));
        } catch (failure) {
          expect(failure).toMatchObject({ code: 'DATA_DAMAGED' });
        }
      }
    }),
  );
});

test('a reply that is nested as deep as it likes needs no deep stack', () => {
  let nested: Reply = { kind: 'integer', value: 1 };
  for (let depth = 0; depth < 50_000; depth += 1) nested = { kind: 'array', items: [nested] };
  const answered = { kind: 'done', reply: nested, metaIndex: 0 } as const;
  const bytes = encodeResponse({ startId: '', id: 1, partition: 1, answer: answered });
  const decoded = decodeResponse(bytes).answer;
  let inner = decoded.kind === 'done' ? decoded.reply : undefined;
  while (inner?.kind === 'array') inner = inner.items[0];
  expect(inner).toEqual({ kind: 'integer', value: 1 });
});
