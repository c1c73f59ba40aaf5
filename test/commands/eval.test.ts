import { describe, expect, test } from 'vitest';
import type { ByteString } from '../../src/base/byte-string.ts';
import { limits } from '../../src/base/limits.ts';
import { slotOf } from '../../src/keyspace/slot.ts';
import { encodeReply } from '../../src/resp/reply-encoder.ts';
import { OnePartition } from './one-partition.ts';

/* What redis-server is not there to compare with: limits, partitions, the cluster's scripts. */

function tell(partition: OnePartition, ...args: ByteString[]): string {
  return encodeReply(partition.run(...args), 2)
    .replaceAll('\r\n', ' ')
    .trim();
}

/** A partition that owns the lower half of the slots, of two. */
function halfPartition(): OnePartition {
  const owns = (keys: readonly ByteString[]): boolean => keys.every((key) => slotOf(key) < 8192);
  const partition = new OnePartition({ owns });
  partition.pass(1);
  return partition;
}

const NOSCRIPT = '-NOSCRIPT No matching script. Please use EVAL.';
const sha1OfReturn1 = 'e0e1f9fabfc9d4800c877a703b823ac0578ff8db';

describe('scripts of the cluster', () => {
  test('EVAL and SCRIPT LOAD make a script known to EVALSHA, in any case of its digits', () => {
    for (const line of [
      ['EVAL', 'return 1', '0'],
      ['SCRIPT', 'LOAD', 'return 1'],
    ]) {
      const partition = new OnePartition();
      expect(tell(partition, 'EVALSHA', sha1OfReturn1, '0')).toBe(NOSCRIPT);
      tell(partition, ...line);
      expect(tell(partition, 'EVALSHA', sha1OfReturn1, '0')).toBe(':1');
      expect(tell(partition, 'EVALSHA_RO', sha1OfReturn1.toUpperCase(), '0')).toBe(':1');
      const asked = ['SCRIPT', 'EXISTS', sha1OfReturn1, 'x', sha1OfReturn1.toUpperCase()];
      expect(tell(partition, ...asked)).toBe('*3 :1 :0 :1');
    }
  });

  test('SCRIPT LOAD tells the SHA-1', () => {
    const reply = tell(new OnePartition(), 'SCRIPT', 'LOAD', 'return 1');
    expect(reply).toBe(`$40 ${sha1OfReturn1}`);
  });

  test('SCRIPT FLUSH makes them unknown', () => {
    const partition = new OnePartition();
    tell(partition, 'EVAL', 'return 1', '0');
    expect(tell(partition, 'SCRIPT', 'FLUSH', 'async')).toBe('+OK');
    expect(tell(partition, 'EVALSHA', sha1OfReturn1, '0')).toBe(NOSCRIPT);
    expect(tell(partition, 'SCRIPT', 'FLUSH', 'now')).toMatch(/^-ERR SCRIPT FLUSH only support/);
  });

  test('a script is an effect once, however often it runs', () => {
    const partition = new OnePartition();
    tell(partition, 'EVAL', 'return 1', '0');
    const before = partition.meta.scriptBytes;
    tell(partition, 'EVAL', 'return 1', '0');
    expect(partition.meta.scriptBytes).toBe(before);
    expect(partition.meta.scriptCount).toBe(1);
  });

  test('text that does not compile is not kept', () => {
    const partition = new OnePartition();
    expect(tell(partition, 'SCRIPT', 'LOAD', 'return return')).toMatch(
      /^-ERR Error compiling script \(new function\): user_script:1:/,
    );
    expect(partition.meta.scriptCount).toBe(0);
  });

  test('new ones are refused when all together would be too large', () => {
    const partition = new OnePartition();
    const filler = 'x'.repeat(16 * 1024 * 1024);
    for (const sha1 of ['1', '2', '3', '4']) partition.meta.addScript(sha1, filler);
    expect(tell(partition, 'EVAL', 'return 1', '0')).toMatch(/^-ERR the scripts of the cluster/);
    expect(tell(partition, 'EVALSHA', sha1OfReturn1, '0')).toBe(NOSCRIPT);
  });
});

describe('a script that a limit stops', () => {
  test('leaves no effect at all, and mints no token', () => {
    const partition = new OnePartition();
    partition.pass(1);
    tell(partition, 'SET', 'a', 'before', 'PX', '5000');
    const { stateDigest } = partition.keyspace.base;
    const endless = `
      redis.call('set', 'a', 'after') redis.call('set', 'b', 'after') redis.call('del', 'a')
      redis.call('publish', 'c', 'm') redis.call('flushall') redis.call('set', 'd', 'after')
      while true do end`;
    expect(tell(partition, 'EVAL', endless, '0')).toMatch(/^-ERR /);
    expect(partition.keyspace.base.stateDigest).toBe(stateDigest);
    expect(partition.keyspace.lastToken).toBe(1);
    expect(tell(partition, 'PTTL', 'a')).toBe(':5000');
    expect(tell(partition, 'DBSIZE')).toBe(':1');
    expect(tell(partition, 'KLOCK', 'z', 'me', '1000')).toBe(':2');
  });

  test('leaves no effect when memory is what it used up', () => {
    const partition = new OnePartition();
    const greedy = `
      redis.call('set', 'a', 'after')
      local held = {} for i = 1, 1000000 do held[i] = string.rep('x', 1000) .. i end`;
    expect(tell(partition, 'EVAL', greedy, '0')).toMatch(/^-ERR /);
    expect(tell(partition, 'EXISTS', 'a')).toBe(':0');
  });

  test('an error that the script raises keeps what was written, as in Redis', () => {
    const partition = new OnePartition();
    const failing = "redis.call('set', 'a', 'kept') return redis.call('incr', 'a')";
    expect(tell(partition, 'EVAL', failing, '0')).toMatch(/^-ERR value is not an integer/);
    expect(tell(partition, 'GET', 'a')).toBe('$4 kept');
  });
});

describe('a script on a server with several partitions', () => {
  const inside = ['b', 'c'].filter((key) => slotOf(key) < 8192)[0] ?? '';
  const outside = ['a', 'd'].filter((key) => slotOf(key) >= 8192)[0] ?? '';

  test('that asks for a key of another partition is refused and leaves no effect', () => {
    const partition = halfPartition();
    const crossing = `redis.call('set', '${inside}', 'v') return redis.call('get', '${outside}')`;
    const CROSSSLOT = "-CROSSSLOT Keys in request don't hash to the same slot";
    expect(tell(partition, 'EVAL', crossing, '0')).toBe(CROSSSLOT);
    const caught = `redis.call('set', '${inside}', 'v') redis.pcall('get', '${outside}') return 1`;
    expect(tell(partition, 'EVAL', caught, '0')).toBe(CROSSSLOT);
    expect(tell(partition, 'EXISTS', inside)).toBe(':0');
  });

  test('runs on the keys of its partition, declared or not', () => {
    const partition = halfPartition();
    const own = `redis.call('set', '${inside}', 'v') return redis.call('get', KEYS[1])`;
    expect(tell(partition, 'EVAL', own, '1', inside)).toBe('$1 v');
  });

  test('may not ask for what only all partitions together know', () => {
    const partition = halfPartition();
    for (const call of ["'keys', '*'", "'dbsize'", "'flushall'", "'scan', '0'"]) {
      expect(tell(partition, 'EVAL', `return redis.call(${call})`, '0')).toMatch(
        /^-ERR '[a-z]+' in a script needs a server with one partition script: /,
      );
    }
  });
});

describe('scripts that write nothing', () => {
  test.each([
    ['EVAL_RO', "return redis.call('set', 'a', 'v')"],
    ['EVAL_RO', "return redis.call('publish', 'a', 'v')"],
    ['EVAL', "#!lua flags=no-writes\nreturn redis.call('set', 'a', 'v')"],
  ])('%s refuses %j', (command, source) => {
    const partition = new OnePartition();
    expect(tell(partition, command, source, '0')).toMatch(
      /^-ERR Write commands are not allowed from read-only scripts\. script: /,
    );
    expect(tell(partition, 'EXISTS', 'a')).toBe(':0');
  });

  test('may read, and a script that says that it may write is refused at once', () => {
    const partition = new OnePartition();
    tell(partition, 'SET', 'a', 'v');
    expect(tell(partition, 'EVAL_RO', "return redis.call('get', 'a')", '0')).toBe('$1 v');
    expect(tell(partition, 'EVAL_RO', '#!lua\nreturn 1', '0')).toBe(
      '-ERR Can not execute a script with write flag using *_ro command.',
    );
  });
});

describe('what a script may reach', () => {
  test('SELECT changes its own database and nobody else’s', () => {
    const partition = new OnePartition();
    const elsewhere = "redis.call('select', 7) redis.call('set', 'a', 'v') return 1";
    expect(tell(partition, 'EVAL', elsewhere, '0')).toBe(':1');
    expect(partition.session.db).toBe(0);
    expect(tell(partition, 'EXISTS', 'a')).toBe(':0');
    partition.session.db = 7;
    expect(tell(partition, 'GET', 'a')).toBe('$1 v');
  });

  test('commands of Fencepost work as any other', () => {
    const partition = new OnePartition();
    partition.pass(1);
    const source = `
      local token = redis.call('KLOCK', KEYS[1], ARGV[1], 1000)
      return {token, redis.call('KGET', KEYS[1]), redis.call('KUNLOCK', KEYS[1], ARGV[1])}`;
    expect(tell(partition, 'EVAL', source, '1', 'a', 'me')).toBe(
      '*3 :1 *6 $5 owner $2 me $5 token :1 $6 ttl-ms :1000 :1',
    );
  });

  test('one that calls commands without end is stopped, which no pcall catches', () => {
    const partition = new OnePartition();
    const source = "while true do redis.pcall('set', KEYS[1], 'v') end";
    const reply = tell(partition, 'EVAL', source, '1', 'a');
    expect(reply).toBe(
      `-ERR Script stopped: it called more than ${limits.scriptCallCountMax} commands`,
    );
    expect(tell(partition, 'EXISTS', 'a')).toBe(':0');
  });

  test('one whose effects are too many bytes is stopped, and leaves none of them', () => {
    const partition = new OnePartition();
    tell(partition, 'SET', 'a', 'v'.repeat(500_000));
    const source = "for i = 1, 1000 do redis.call('append', KEYS[1], 'v') end";
    const reply = tell(partition, 'EVAL', source, '1', 'a');
    expect(reply).toBe(
      `-ERR Script stopped: it wrote more than ${limits.scriptEffectBytesMax} bytes`,
    );
    expect(tell(partition, 'STRLEN', 'a')).toBe(':500000');
  });

  test('keys and values that are too long are refused', () => {
    const partition = new OnePartition();
    const longKey = "return redis.call('set', string.rep('k', 70000), 'v')";
    expect(tell(partition, 'EVAL', longKey, '0')).toMatch(/^-ERR key is longer than 65536 bytes/);
    const longValue = "return redis.call('set', 'k', string.rep('v', 1024 * 1024 + 1))";
    expect(tell(partition, 'EVAL', longValue, '0')).toMatch(/^-ERR string exceeds maximum/);
  });

  test('redis.log reaches the log of the server', () => {
    const partition = new OnePartition();
    tell(partition, 'EVAL', "redis.log(redis.LOG_WARNING, 'hear', 'this')", '0');
    expect(partition.logged).toEqual([[3, 'hear this']]);
  });
});

describe('a script that asks for much at a time is stopped', () => {
  function filled(): OnePartition {
    const partition = new OnePartition();
    partition.pass(1);
    for (let at = 0; at < 40; at += 1) {
      const pairs = Array.from({ length: 500 }, (_, of) => [`key:${at}:${of}`, 'v']).flat();
      tell(partition, 'MSET', ...pairs);
    }
    return partition;
  }

  const tooManySteps = `-ERR Script stopped: it used more than ${limits.scriptStepCountMax} steps`;

  test.each([
    ['KEYS of 20,000 leases', "'keys', 'x*'", 100],
    ['SCAN of as many', "'scan', '0', 'match', 'x*', 'count', '1000000'", 100],
    [
      'SCAN with a COUNT below nothing',
      "'keys', 'x*') redis.pcall('scan', '0', 'count', '-1e15'",
      100,
    ],
    ['COMMAND DOCS', "'command', 'docs'", 2_000],
    ['INFO', "'info'", 11_000],
    ['names of 100,000 bytes', "'ping') redis.pcall(('x'):rep(1e5)", 5_000],
    ['flushes of a database with a lease', "'mset', 'a', 'b') redis.call('flushdb'", 5_000],
    ['keys of 1,000 arguments', "'exists', unpack(names)", 2_500],
  ])('%s', (_, call, countMax) => {
    const source = `
      local names = {} for i = 1, 1000 do names[i] = 'n' .. i end
      for i = 1, ${countMax} do redis.call(${call}) end return 'ended'`;
    expect(tell(filled(), 'EVAL', source, '0')).toBe(tooManySteps);
  });

  test('but a few such commands, and SCAN in small steps, are not', () => {
    const partition = filled();
    const source = `
      local seen, cursor = 0, '0'
      repeat
        local step = redis.call('scan', cursor, 'match', 'key:*', 'count', '100')
        cursor = step[1]
        seen = seen + #step[2]
      until cursor == '0'
      return {seen, #redis.call('keys', '*'), redis.call('dbsize')}`;
    expect(tell(partition, 'EVAL', source, '0')).toBe('*3 :20000 :20000 :20000');
  });
});
