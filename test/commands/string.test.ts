import { describe, expect, test } from 'vitest';
import type { ByteString } from '../../src/base/byte-string.ts';
import { limits } from '../../src/base/limits.ts';
import { refuseLongArguments } from '../../src/commands/argument-limits.ts';
import { addIntegers, parseInteger } from '../../src/commands/integer-argument.ts';
import { mget } from '../../src/commands/mget.ts';
import { set } from '../../src/commands/set.ts';
import { encodeReply } from '../../src/resp/reply-encoder.ts';
import { OnePartition } from './one-partition.ts';

/*
 * What redis-server 7.0 cannot be compared with: options of Redis 8.4 and Valkey 9, and the limits
 * of Fencepost. Everything else is in redis-differential.test.ts.
 */
const SYNTAX_ERROR = '-ERR syntax error';

function replies(lines: readonly string[], partition = new OnePartition()): readonly string[] {
  partition.pass(1);
  return lines.map((line) => tell(partition, line.split(' ')));
}

function tell(partition: OnePartition, args: readonly ByteString[]): string {
  return encodeReply(partition.run(...args), 2)
    .replaceAll('\r\n', ' ')
    .trim();
}

describe('SET IFEQ and IFNE (redis.io/commands/set, 8.4)', () => {
  test('IFEQ sets a key that holds the value, with the expiry given', () => {
    expect(replies(['SET k a', 'SET k b IFEQ a PX 900', 'GET k', 'PTTL k'])).toEqual([
      '+OK',
      '+OK',
      '$1 b',
      ':900',
    ]);
  });

  test('IFEQ changes nothing for another value or a missing key', () => {
    expect(
      replies(['SET k a', 'SET k b IFEQ z EX 9', 'SET m b IFEQ z', 'GET k', 'TTL k', 'EXISTS m']),
    ).toEqual(['+OK', '$-1', '$-1', '$1 a', ':-1', ':0']);
  });

  test('IFNE sets a key that holds another value or none', () => {
    expect(
      replies(['SET k a', 'SET k b IFNE a', 'SET k b ifne z', 'SET m b IFNE z', 'MGET k m']),
    ).toEqual(['+OK', '$-1', '+OK', '+OK', '*2 $1 b $1 b']);
  });

  test('with GET both tell the value before, whether or not they set', () => {
    expect(
      replies(['SET k a', 'SET k b GET IFEQ a', 'SET k c IFEQ a GET', 'SET m x IFNE y GET']),
    ).toEqual(['+OK', '$1 a', '$1 b', '$-1']);
  });

  test.each([
    'SET k v IFEQ',
    'SET k v IFEQ a NX',
    'SET k v XX IFNE a',
    'SET k v IFEQ a IFNE b',
    'SET k v IFDEQ 0123456789abcdef',
    'SET k v IFEQ a KEEPTTL EX 5',
  ])('%s is a syntax error', (line) => {
    expect(replies([line])).toEqual([SYNTAX_ERROR]);
  });

  test('the extension of StackExchange.Redis 3 extends a lock of its owner alone', () => {
    expect(
      replies(['SET k me NX PX 500', 'SET k me EX 5 IFEQ me', 'SET k you EX 5 IFEQ you', 'PTTL k']),
    ).toEqual(['+OK', '+OK', '$-1', ':5000']);
  });
});

describe('DELEX (redis.io/commands/delex, 8.4)', () => {
  test('without a condition deletes the key', () => {
    expect(replies(['SET k a', 'DELEX k', 'DELEX k'])).toEqual(['+OK', ':1', ':0']);
  });

  test('IFEQ and IFNE compare the value', () => {
    expect(
      replies(['SET k a', 'DELEX k IFEQ b', 'DELEX k IFEQ a', 'DELEX k IFEQ a', 'DELEX k IFNE a']),
    ).toEqual(['+OK', ':0', ':1', ':0', ':0']);
    expect(replies(['SET k a', 'delex k ifne a', 'delex k ifne b'])).toEqual(['+OK', ':0', ':1']);
  });

  test('refuses other numbers of arguments before it looks at the key', () => {
    const wrong = "-ERR wrong number of arguments for 'delex' command";
    expect(replies(['DELEX k IFEQ', 'DELEX k IFEQ a b', 'DELEX'])).toEqual([wrong, wrong, wrong]);
  });

  test('refuses another condition on a key that is there', () => {
    const invalid = '-ERR Invalid condition. Use IFEQ, IFNE, IFDEQ, or IFDNE';
    expect(replies(['DELEX k FOO a', 'SET k a', 'DELEX k FOO a', 'GET k'])).toEqual([
      ':0',
      '+OK',
      invalid,
      '$1 a',
    ]);
    expect(replies(['SET k a', 'DELEX k IFDEQ 0123456789abcdef'])).toEqual(['+OK', SYNTAX_ERROR]);
  });
});

describe('DELIFEQ (valkey.io/commands/delifeq)', () => {
  test('deletes a key that holds the value', () => {
    expect(replies(['SET k a', 'DELIFEQ k b', 'DELIFEQ k a', 'DELIFEQ k a'])).toEqual([
      '+OK',
      ':0',
      ':1',
      ':0',
    ]);
  });
});

describe('times', () => {
  test('a wall time in the past deletes the key and mints no token', () => {
    const partition = new OnePartition();
    expect(
      replies(['SET k a', 'SET k b PXAT 1000', 'GET k', 'SET k b EXAT 1', 'SET k c'], partition),
    ).toEqual(['+OK', '+OK', '$-1', '+OK', '+OK']);
    expect(partition.keyspace.lastToken).toBe(2);
  });

  test('near the beginning of log time a past time is still no lease without an end', () => {
    const partition = new OnePartition();
    partition.pass(5_000);
    tell(partition, ['SET', 'k', 'a']);
    const at = String(partition.wallMs - 5_000);
    expect(tell(partition, ['PEXPIREAT', 'k', at])).toBe(':1');
    expect(tell(partition, ['EXISTS', 'k'])).toBe(':0');
    expect(tell(partition, ['SET', 'k', 'a', 'PXAT', at])).toBe('+OK');
    expect(tell(partition, ['EXISTS', 'k'])).toBe(':0');
  });

  test('a wall time becomes log time, which a jump of the wall clock does not move', () => {
    const partition = new OnePartition();
    partition.pass(1);
    const at = String(partition.wallMs + 10_000);
    tell(partition, ['SET', 'k', 'a', 'PXAT', at]);
    expect(tell(partition, ['PEXPIRETIME', 'k'])).toBe(`:${at}`);
    partition.wallMs += 3_600_000;
    expect(tell(partition, ['PTTL', 'k'])).toBe(':10000');
    expect(tell(partition, ['PEXPIRETIME', 'k'])).toBe(`:${Number(at) + 3_600_000}`);
  });

  test('a time of more than 71,000 years is refused as Redis refuses one that overflows', () => {
    const partition = new OnePartition();
    partition.pass(1);
    const invalid = /^-ERR invalid expire time in '/;
    expect(tell(partition, ['SET', 'k', 'v', 'PX', '2251799813685249'])).toMatch(invalid);
    expect(tell(partition, ['SET', 'k', 'v', 'PX', '2251799813685248'])).toBe('+OK');
    expect(tell(partition, ['PTTL', 'k'])).toBe(':2251799813685248');
    expect(tell(partition, ['PEXPIREAT', 'k', '9223372036854775807'])).toMatch(invalid);
  });
});

describe('limits', () => {
  const longKey = 'k'.repeat(limits.keyBytesMax + 1);

  test('APPEND does not let a value grow beyond its limit', () => {
    const partition = new OnePartition();
    tell(partition, ['SET', 'k', 'v'.repeat(limits.valueBytesMax)]);
    expect(tell(partition, ['APPEND', 'k', 'x'])).toMatch(/^-ERR string exceeds maximum allowed/);
    expect(tell(partition, ['APPEND', 'k', ''])).toBe(`:${limits.valueBytesMax}`);
  });

  test('a key that is too long is refused wherever it stands, a value of that length not', () => {
    expect(refuseLongArguments(mget, ['mget', 'a', longKey])).toMatchObject({ kind: 'error' });
    expect(refuseLongArguments(set, ['set', 'a', longKey])).toBeUndefined();
    expect(refuseLongArguments(set, ['set', longKey, 'a'])).toMatchObject({ kind: 'error' });
    const longValue = 'v'.repeat(limits.valueBytesMax + 1);
    expect(refuseLongArguments(set, ['set', 'a', longValue])).toMatchObject({ kind: 'error' });
  });
});

describe('integers', () => {
  test('are read in the one spelling of Redis, exactly up to 64 bits', () => {
    expect(['0', '-1', '42', '9007199254740991'].map(parseInteger)).toEqual([
      0,
      -1,
      42,
      Number.MAX_SAFE_INTEGER,
    ]);
    expect(parseInteger('9007199254740993')).toBe(9007199254740993n);
    expect(parseInteger('-9223372036854775808')).toBe(-(2n ** 63n));
    const none = ['', '-', '-0', '+1', '01', ' 1', '1 ', '1.0', '1e3', '0x1', '\xb2', 'NaN'];
    const beyond = ['9223372036854775808', '-9223372036854775809', '1'.repeat(40)];
    for (const text of [...none, ...beyond]) expect(parseInteger(text), text).toBeUndefined();
  });

  test('are added exactly, and not beyond 64 bits', () => {
    expect(addIntegers(Number.MAX_SAFE_INTEGER, 2)).toBe(9007199254740993n);
    expect(addIntegers(9007199254740993n, -2)).toBe(Number.MAX_SAFE_INTEGER);
    expect(addIntegers(2n ** 63n - 1n, 1)).toBeUndefined();
    expect(addIntegers(-(2n ** 63n), -1)).toBeUndefined();
  });
});
