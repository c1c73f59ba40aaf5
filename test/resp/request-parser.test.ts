import { performance } from 'node:perf_hooks';
import { describe, expect, test } from 'vitest';
import { requestOf } from '../../harness/request.ts';
import { limits } from '../../src/base/limits.ts';
import { RequestParser } from '../../src/resp/request-parser.ts';
import { parse, parserLimits, refusalOf } from './request-bytes.ts';

const everyByte = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte)).toString('latin1');

describe('a request as an array of bulk strings', () => {
  test('is its arguments, whatever bytes they hold', () => {
    const args = ['SET', everyByte, '', '\r\n$3\r\n', 'x'.repeat(limits.argumentBytesMax)];
    expect(parse([requestOf(args)]).requests).toEqual([args]);
  });

  test('may be followed by others in the same piece', () => {
    const requests = [['PING'], ['SET', 'k', 'a longer value than short'], ['GET', 'k']];
    expect(parse([requests.map(requestOf).join('')]).requests).toEqual(requests);
  });

  test('may come byte by byte', () => {
    const requests = [['SET', 'key', everyByte], ['PING']];
    const bytes = `${requests.map(requestOf).join('')}ECHO "a b"\r\n*0\r\n*1\r\n$4\r\nPI`;
    const { requests: parsed, pendingBytes } = parse([...bytes]);
    expect(parsed).toEqual([...requests, ['ECHO', 'a b']]);
    expect(pendingBytes).toBe(2);
  });

  test.each(['*0', '*-1', '*-10'])('is ignored if it is empty: %s', (head) => {
    expect(parse([`${head}\r\nPING\r\n`]).requests).toEqual([['PING']]);
  });

  test.each([
    ['*abc\r\n', 'invalid multibulk length'],
    ['*\r\n', 'invalid multibulk length'],
    ['*+1\r\n', 'invalid multibulk length'],
    ['*01\r\n', 'invalid multibulk length'],
    ['*1 \r\n', 'invalid multibulk length'],
    ['*-0\r\n', 'invalid multibulk length'],
    ['*-\r\n', 'invalid multibulk length'],
    ['*1.5\r\n', 'invalid multibulk length'],
    ['*4294967296\r\n', 'invalid multibulk length'],
    ['*9223372036854775808\r\n', 'invalid multibulk length'],
    ['*-9223372036854775809\r\n', 'invalid multibulk length'],
    ['*65537\r\n', 'invalid multibulk length'],
    ['*1\rx', 'invalid multibulk length'],
    ['*1\r\nfoo\r\n', "expected '$', got 'f'"],
    ['*1\r\n*1\r\n', "expected '$', got '*'"],
    ['*1\r\n$-1\r\n', 'invalid bulk length'],
    ['*1\r\n$-10\r\n', 'invalid bulk length'],
    ['*1\r\n$blabla\r\n', 'invalid bulk length'],
    ['*1\r\n$\r\n', 'invalid bulk length'],
    ['*1\r\n$04\r\nPING\r\n', 'invalid bulk length'],
    ['*1\r\n$1048577\r\n', 'invalid bulk length'],
    ['*1\r\n$2000000000\r\n', 'invalid bulk length'],
    ['*1\r\n$3\r\nPING\r\n', 'invalid bulk length'],
    ['*1\r\n$4\r\nPINGxx', 'invalid bulk length'],
  ])('is refused if it is malformed: %j', (bytes, reason) => {
    expect(refusalOf(bytes)).toBe(`ERR Protocol error: ${reason}`);
  });

  test('is refused only once its line is complete', () => {
    expect(parse(['*1\r\nfoo']).violation).toBeUndefined();
    expect(parse(['*abc']).violation).toBeUndefined();
  });

  test('is the last one after which nothing is parsed', () => {
    const { requests, violation } = parse(['PING\r\n*x\r\nPING\r\n', 'PING\r\n']);
    expect(requests).toEqual([['PING']]);
    expect(violation).toEqual({
      kind: 'protocol',
      text: 'ERR Protocol error: invalid multibulk length',
    });
  });
});

describe('lines without an end', () => {
  const long = '1'.repeat(limits.inlineBytesMax);

  test.each([
    ['a count', `*${long}`, 'too big mbulk count string'],
    ['a length', `*1\r\n$${long}`, 'too big bulk count string'],
    ['something else than a length', `*1\r\nx${long}`, 'too big bulk count string'],
    ['an inline request', `x${long}`, 'too big inline request'],
  ])('of %s are refused at the limit', (_name, bytes, reason) => {
    expect(parse([bytes.slice(0, -1)]).violation).toBeUndefined();
    expect(refusalOf(bytes)).toBe(`ERR Protocol error: ${reason}`);
  });

  // Redis, tests/unit/protocol.tcl, "Protocol desync regression test".
  test.each(['\0', '*\0', '$\0'])('never end behind a NUL: %j', (start) => {
    const line = `${'A'.repeat(1024)}\n`;
    expect(parse([start, line]).requests).toEqual([]);
    expect(refusalOf(start + line.repeat(65))).toMatch(/^ERR Protocol error: too big/);
  });
});

describe('an inline request', () => {
  test.each([
    ['PING\r\n', ['PING']],
    ['PING\n', ['PING']],
    ['  set\tkey  value \r\n', ['set', 'key', 'value']],
    ['echo ""\r\n', ['echo', '']],
    ['"" a\r\n', ['', 'a']],
    ['echo "a b" \'c d\'\r\n', ['echo', 'a b', 'c d']],
    ['echo "\\x41\\xff\\xZZ\\x4"\r\n', ['echo', 'A\xffxZZx4']],
    ['echo "\\n\\r\\t\\b\\a\\q\\\\\\""\r\n', ['echo', '\n\r\t\b\x07q\\"']],
    ["echo 'a\\'b\\n\"'\r\n", ['echo', 'a\'b\\n"']],
    ['echo a"b c"\r\n', ['echo', 'ab c']],
    ['echo a\vb \v c\r\n', ['echo', 'a\vb', 'c']],
  ])('is split into its arguments: %j', (bytes, args) => {
    expect(parse([bytes]).requests).toEqual([args]);
  });

  test('is ignored if it is empty', () => {
    expect(parse(['\r\n\n  \r\nPING\r\n']).requests).toEqual([['PING']]);
  });

  test.each([
    'echo "a\r\n',
    "echo 'a\r\n",
    'echo "a"b\r\n',
    "echo 'a'b\r\n",
    'a """b"""\r\n',
    'a "\\',
  ])('is refused if its quotes do not match: %j', (bytes) => {
    expect(refusalOf(`${bytes}\r\n`)).toBe('ERR Protocol error: unbalanced quotes in request');
  });
});

describe('bytes of other protocols', () => {
  test.each([
    'POST / HTTP/1.1\r\n',
    'post x\r\n',
    'Host: localhost\r\n',
    'GET / HTTP/1.1\r\nHost: x\r\n',
  ])('of HTTP end the session: %j', (bytes) => {
    expect(refusalOf(bytes)).toBe('HTTP');
  });

  test('of a TLS handshake end the session, however they are cut', () => {
    expect(refusalOf('\x16\x03\x01\x02\x00')).toBe('TLS');
    expect(parse(['\x16', '\x03']).violation).toEqual({ kind: 'foreign', protocol: 'TLS' });
  });
});

describe('before authentication', () => {
  const unauthenticated = {
    ...parserLimits,
    argumentCountMax: limits.unauthenticatedArgumentCountMax,
    argumentBytesMax: limits.unauthenticatedArgumentBytesMax,
    authenticated: false,
  };

  test('ten arguments of 16 KiB are parsed, and more are refused by their own names', () => {
    const args = Array.from({ length: 10 }, () => 'x'.repeat(16 * 1024));
    expect(parse([requestOf(args)], unauthenticated).requests).toEqual([args]);
    expect(refusalOf('*11\r\n', unauthenticated)).toBe(
      'ERR Protocol error: unauthenticated multibulk length',
    );
    expect(refusalOf('*1\r\n$16385\r\n', unauthenticated)).toBe(
      'ERR Protocol error: unauthenticated bulk length',
    );
  });

  test('the limits may change between two requests of one piece', () => {
    const parser = new RequestParser(unauthenticated);
    const large = Array.from({ length: 11 }, () => 'x');
    parser.feed(Buffer.from(requestOf(['AUTH', 'secret']) + requestOf(large)));
    expect(parser.next()).toEqual(['AUTH', 'secret']);
    parser.limits = parserLimits;
    expect(parser.next()).toEqual(large);
  });
});

describe('a buffer that its owner uses again', () => {
  const requests = [['SET', 'key', 'a longer value than short'], ['PING'], ['GET', 'key']];
  const bytes = Buffer.from(requests.map(requestOf).join(''), 'latin1');

  test.each([1, 2, 3])('holds nothing that is needed after %i requests were returned', (count) => {
    const parser = new RequestParser(parserLimits);
    const buffer = Buffer.concat([bytes, Buffer.from('behind the end')]);
    parser.feed(buffer, bytes.length);
    const parsed = Array.from({ length: count }, () => parser.next());
    parser.keepRest();
    const { pendingBytes } = parser;
    buffer.fill('#');
    for (let args = parser.next(); args !== undefined; args = parser.next()) parsed.push(args);
    expect(parsed).toEqual(requests);
    expect(pendingBytes).toBe(requests.slice(count).map(requestOf).join('').length);
    expect(parser.violation).toBeUndefined();
  });

  test('may be kept from twice, and after a violation', () => {
    const parser = new RequestParser(parserLimits);
    parser.feed(Buffer.from('*1\r\n$4\r\nPI'));
    expect(parser.next()).toBeUndefined();
    parser.keepRest();
    parser.keepRest();
    parser.feed(Buffer.from('NG\r\n*x\r\n'));
    expect(parser.next()).toEqual(['PING']);
    expect(parser.next()).toBeUndefined();
    parser.keepRest();
    expect(parser.violation?.kind).toBe('protocol');
    expect(parser.pendingBytes).toBe(0);
  });
});

describe('memory and time', () => {
  test('what was only announced is not allocated', () => {
    const before = process.memoryUsage();
    const parsers = Array.from({ length: 1_000 }, () => {
      const parser = new RequestParser(parserLimits);
      parser.feed(Buffer.from('*65536\r\n$1048576\r\n'));
      expect(parser.next()).toBeUndefined();
      return parser;
    });
    const after = process.memoryUsage();
    expect(parsers.every(({ pendingBytes }) => pendingBytes < 64)).toBe(true);
    const grown = after.heapUsed + after.arrayBuffers - before.heapUsed - before.arrayBuffers;
    expect(grown).toBeLessThan(16 * 1024 * 1024);
  });

  test('a large argument, or an unfinished line, in pieces of one byte takes linear time', () => {
    const startMs = performance.now();
    const value = 'v'.repeat(limits.argumentBytesMax);
    expect(parse([...requestOf(['SET', 'k', value])]).requests).toEqual([['SET', 'k', value]]);
    expect(parse([...'x'.repeat(limits.inlineBytesMax)]).pendingBytes).toBe(limits.inlineBytesMax);
    expect(parse([...`*${'1'.repeat(limits.inlineBytesMax - 1)}`]).violation).toBeUndefined();
    expect(performance.now() - startMs).toBeLessThan(5_000);
  });

  test('pending bytes count the arguments of an unfinished request', () => {
    const bytes = requestOf(['SET', 'key', 'value']);
    expect(parse([bytes.slice(0, -1)]).pendingBytes).toBe('SETkey$5\r\nvalue\r'.length - 4);
    expect(parse([bytes]).pendingBytes).toBe(0);
  });
});
