import RedisParser from 'redis-parser';
import { describe, expect, test } from 'vitest';
import {
  array,
  bulk,
  bulks,
  EMPTY_ARRAY,
  error,
  integer,
  NONE,
  NULL,
  NULL_ARRAY,
  OK,
  ONE,
  QUEUED,
  type Reply,
  simple,
} from '../../src/resp/reply.ts';
import { encodeReply, replyBytes } from '../../src/resp/reply-encoder.ts';

const map: Reply = {
  kind: 'map',
  entries: [
    [bulk('owner'), NULL],
    [bulk('token'), ONE],
  ],
};
const nested: Reply = array([
  { kind: 'set', items: [bulk('a')] },
  { kind: 'push', items: [ONE] },
]);

describe('each kind of reply in RESP2 and RESP3', () => {
  test.each<[Reply, string, string]>([
    [OK, '+OK\r\n', '+OK\r\n'],
    [QUEUED, '+QUEUED\r\n', '+QUEUED\r\n'],
    [simple('PONG'), '+PONG\r\n', '+PONG\r\n'],
    [error('ERR syntax error'), '-ERR syntax error\r\n', '-ERR syntax error\r\n'],
    [integer(0), ':0\r\n', ':0\r\n'],
    [integer(-1), ':-1\r\n', ':-1\r\n'],
    [integer(1_024), ':1024\r\n', ':1024\r\n'],
    [integer(2 ** 53), ':9007199254740992\r\n', ':9007199254740992\r\n'],
    [integer(-(2n ** 63n)), ':-9223372036854775808\r\n', ':-9223372036854775808\r\n'],
    [bulk(''), '$0\r\n\r\n', '$0\r\n\r\n'],
    [bulk('\xff\r\n\0'), '$4\r\n\xff\r\n\0\r\n', '$4\r\n\xff\r\n\0\r\n'],
    [NULL, '$-1\r\n', '_\r\n'],
    [NULL_ARRAY, '*-1\r\n', '_\r\n'],
    [EMPTY_ARRAY, '*0\r\n', '*0\r\n'],
    [bulks(['a', 'b']), '*2\r\n$1\r\na\r\n$1\r\nb\r\n', '*2\r\n$1\r\na\r\n$1\r\nb\r\n'],
    [
      map,
      '*4\r\n$5\r\nowner\r\n$-1\r\n$5\r\ntoken\r\n:1\r\n',
      '%2\r\n$5\r\nowner\r\n_\r\n$5\r\ntoken\r\n:1\r\n',
    ],
    [nested, '*2\r\n*1\r\n$1\r\na\r\n*1\r\n:1\r\n', '*2\r\n~1\r\n$1\r\na\r\n>1\r\n:1\r\n'],
    [{ kind: 'boolean', value: true }, ':1\r\n', '#t\r\n'],
    [{ kind: 'boolean', value: false }, ':0\r\n', '#f\r\n'],
    [{ kind: 'double', value: 3.25 }, '$4\r\n3.25\r\n', ',3.25\r\n'],
    [{ kind: 'double', value: Number.POSITIVE_INFINITY }, '$3\r\ninf\r\n', ',inf\r\n'],
    [{ kind: 'double', value: Number.NEGATIVE_INFINITY }, '$4\r\n-inf\r\n', ',-inf\r\n'],
    [{ kind: 'double', value: Number.NaN }, '$3\r\nnan\r\n', ',nan\r\n'],
    [
      { kind: 'big-number', digits: '12345678901234567890' },
      '$20\r\n12345678901234567890\r\n',
      '(12345678901234567890\r\n',
    ],
    [{ kind: 'verbatim', format: 'txt', value: 'hi' }, '$2\r\nhi\r\n', '=6\r\ntxt:hi\r\n'],
    [NONE, '', ''],
  ])('%o', (reply, resp2, resp3) => {
    expect(encodeReply(reply, 2)).toBe(resp2);
    expect(encodeReply(reply, 3)).toBe(resp3);
  });
});

test.each([
  [0, '0'],
  [-0, '-0'],
  [1, '1'],
  [-1.5, '-1.5'],
  [0.1, '0.1'],
  [1795257603848.5, '1795257603848.5'],
  [100, '100'],
  [1e16, '10000000000000000'],
  [1e17, '1e+17'],
  [1.5e300, '1.5e+300'],
  [0.0001, '0.0001'],
  [0.00001, '1e-05'],
  [-2.5e-7, '-2.5e-07'],
  [5e-324, '5e-324'],
])('the double %d is written as %s', (value, text) => {
  expect(encodeReply({ kind: 'double', value }, 3)).toBe(`,${text}\r\n`);
});

test('an error and a simple string are one line, whatever text they were given', () => {
  expect(encodeReply(error("ERR unknown command 'a\r\n+OK'"), 2)).toBe(
    "-ERR unknown command 'a  +OK'\r\n",
  );
  expect(encodeReply(simple('a\nb\rc'), 3)).toBe('+a b c\r\n');
});

test('a reply that is nested without end is cut by an error, not by the stack', () => {
  let reply: Reply = ONE;
  for (let depth = 0; depth < 100_000; depth += 1) reply = array([reply]);
  const text = encodeReply(reply, 2);
  expect(text.endsWith('-ERR the reply is nested too deeply\r\n')).toBe(true);
  expect(replyBytes(reply)).toBeGreaterThan(0);
});

test('replyBytes is never less than three quarters of what is written', () => {
  for (const reply of [map, nested, bulks(['x'.repeat(5_000)]), bulk('y'.repeat(100))]) {
    expect(replyBytes(reply)).toBeGreaterThan(0.75 * encodeReply(reply, 2).length);
  }
});

test('a parser of replies that others wrote reads what RESP2 says', () => {
  const replies: unknown[] = [];
  const parser = new RedisParser({
    returnReply: (reply) => replies.push(reply),
    returnError: (failure) => replies.push(failure.message),
  });
  for (const reply of [OK, integer(7), NULL, map, error('ERR no')]) {
    parser.execute(Buffer.from(encodeReply(reply, 2), 'latin1'));
  }
  expect(replies).toEqual(['OK', 7, null, ['owner', null, 'token', 1], 'ERR no']);
});
