import { describe, expect, test } from 'vitest';
import type { Reply } from '../../src/resp/reply.ts';
import { encodeReply } from '../../src/resp/reply-encoder.ts';
import { OnePartition } from './one-partition.ts';

function onePartition(leaseGuardPercent = 0): OnePartition {
  const partition = new OnePartition({ leaseGuardPercent });
  partition.pass(1);
  return partition;
}

function text(reply: Reply): string {
  return encodeReply(reply, 2).replaceAll('\r\n', ' ').trim();
}

describe('KLOCK', () => {
  test('grants a free lock with the next token, from 1', () => {
    const partition = onePartition();
    expect(text(partition.say('KLOCK a me 1000'))).toBe(':1');
    expect(text(partition.say('KLOCK b me 1000'))).toBe(':2');
    expect(text(partition.say('PTTL a'))).toBe(':1000');
  });

  test('refuses everybody else with nil and mints no token for that', () => {
    const partition = onePartition();
    partition.say('KLOCK a me 1000');
    expect(text(partition.say('KLOCK a you 1000'))).toBe('$-1');
    expect(text(partition.say('KLOCK b you 1000'))).toBe(':2');
  });

  test('gives the same owner the same token and the later of both expiries', () => {
    const partition = onePartition();
    partition.say('KLOCK a me 5000');
    expect(text(partition.say('KLOCK a me 1000'))).toBe(':1');
    expect(text(partition.say('PTTL a'))).toBe(':5000');
    partition.pass(3000);
    expect(text(partition.say('KLOCK a me 4000'))).toBe(':1');
    expect(text(partition.say('PTTL a'))).toBe(':4000');
  });

  test('never gives an end to a lock of the same owner that has none', () => {
    const partition = onePartition();
    partition.say('SET a me');
    expect(text(partition.say('KLOCK a me 1000'))).toBe(':1');
    expect(text(partition.say('PTTL a'))).toBe(':-1');
  });

  test('grants an expired lock to somebody else with a larger token', () => {
    const partition = onePartition();
    partition.say('KLOCK a me 1000');
    partition.pass(999);
    expect(text(partition.say('KLOCK a you 1000'))).toBe('$-1');
    partition.pass(1);
    expect(text(partition.say('KLOCK a you 1000'))).toBe(':2');
  });

  test('refuses a ttl that is not positive, too long, or no integer', () => {
    const partition = onePartition();
    const invalid = "-ERR invalid expire time in 'klock' command";
    expect(text(partition.say('KLOCK a me 0'))).toBe(invalid);
    expect(text(partition.say('KLOCK a me -1'))).toBe(invalid);
    expect(text(partition.say('KLOCK a me 9223372036854775807'))).toBe(invalid);
    const noInteger = '-ERR value is not an integer or out of range';
    expect(text(partition.say('KLOCK a me 1.5'))).toBe(noInteger);
    expect(text(partition.say('KLOCK a me soon'))).toBe(noInteger);
    expect(text(partition.say('KLOCK a me'))).toMatch(/wrong number of arguments for 'klock'/);
    expect(text(partition.say('DBSIZE'))).toBe(':0');
  });
});

describe('KEXTEND', () => {
  test('replaces the expiry, also by an earlier one, and keeps the token', () => {
    const partition = onePartition();
    partition.say('KLOCK a me 5000');
    expect(text(partition.say('KEXTEND a me 1000'))).toBe(':1');
    expect(text(partition.say('PTTL a'))).toBe(':1000');
    expect(text(partition.say('KEXTEND a me 9000'))).toBe(':1');
    expect(text(partition.say('PTTL a'))).toBe(':9000');
  });

  test('is refused for another owner and for a free lock', () => {
    const partition = onePartition();
    partition.say('KLOCK a me 5000');
    expect(text(partition.say('KEXTEND a you 9000'))).toBe('$-1');
    expect(text(partition.say('KEXTEND b me 9000'))).toBe('$-1');
    expect(text(partition.say('PTTL a'))).toBe(':5000');
    expect(text(partition.say('KEXTEND a me 0'))).toMatch(/invalid expire time in 'kextend'/);
  });
});

describe('KUNLOCK', () => {
  test('releases a lock of its owner once', () => {
    const partition = onePartition();
    partition.say('KLOCK a me 5000');
    expect(text(partition.say('KUNLOCK a you'))).toBe(':0');
    expect(text(partition.say('KUNLOCK a me'))).toBe(':1');
    expect(text(partition.say('KUNLOCK a me'))).toBe(':0');
    expect(text(partition.say('KLOCK a you 1000'))).toBe(':2');
  });
});

describe('KGET', () => {
  test('tells owner, token and remaining time as a map, or a flat array in RESP2', () => {
    const partition = onePartition();
    partition.say('KLOCK a me 5000');
    partition.pass(1500);
    const reply = partition.say('KGET a');
    const body = '$5\r\nowner\r\n$2\r\nme\r\n$5\r\ntoken\r\n:1\r\n$6\r\nttl-ms\r\n:3500\r\n';
    expect(encodeReply(reply, 3)).toBe(`%3\r\n${body}`);
    expect(encodeReply(reply, 2)).toBe(`*6\r\n${body}`);
  });

  test('tells -1 for a lock without an end and nil for none', () => {
    const partition = onePartition();
    partition.say('SET a me');
    expect(text(partition.say('KGET a'))).toMatch(/ttl-ms :-1$/);
    expect(text(partition.say('KGET b'))).toBe('$-1');
  });

  test('shows the token of a plain SET NX PX', () => {
    const partition = onePartition();
    partition.say('SET a me NX PX 1000');
    expect(text(partition.say('KGET a'))).toMatch(/token :1 /);
  });
});

describe('the token of a lock', () => {
  test.each([
    ['SET a me', 'the same value'],
    ['SET a me XX PX 5', 'the same value and an end'],
    ['GETSET a me', 'the same value by GETSET'],
    ['PEXPIRE a 77', 'another end'],
    ['PERSIST a', 'no end'],
    ['GETEX a PX 10', 'another end by GETEX'],
    ['MSET a me', 'the same value by MSET'],
  ])('is kept by %s: %s', (line) => {
    const partition = onePartition();
    partition.say('KLOCK a me 5000');
    partition.say(line);
    expect(text(partition.say('KGET a'))).toMatch(/token :1 /);
  });

  test.each([
    ['SET a you'],
    ['GETSET a you'],
    ['MSET a you'],
    ['APPEND a x'],
    ['SET a you KEEPTTL'],
    ['SET a you IFEQ me'],
  ])('is a new one after %s, because the owner is another one', (line) => {
    const partition = onePartition();
    partition.say('KLOCK a me 5000');
    partition.say(line);
    expect(text(partition.say('KGET a'))).toMatch(/token :2 /);
  });

  test('is a new one under a new name', () => {
    const partition = onePartition();
    partition.say('KLOCK a me 5000');
    partition.say('RENAME a b');
    expect(text(partition.say('KGET b'))).toMatch(/owner \$2 me \$5 token :2 .*:5000$/);
    partition.say('RENAME b b');
    expect(text(partition.say('KGET b'))).toMatch(/token :2 /);
  });
});

describe('the margin for clock rates', () => {
  test('keeps the lease 1 % longer than PTTL tells, and never tells a negative time', () => {
    const partition = onePartition(1);
    partition.say('KLOCK a me 10000');
    expect(text(partition.say('PTTL a'))).toBe(':10000');
    partition.pass(10_050);
    expect(text(partition.say('PTTL a'))).toBe(':0');
    expect(text(partition.say('KLOCK a you 1000'))).toBe('$-1');
    partition.pass(50);
    expect(text(partition.say('KLOCK a you 1000'))).toBe(':2');
  });
});
