import { describe, expect, test } from 'vitest';
import { dbsize } from '../../src/commands/dbsize.ts';
import { keys } from '../../src/commands/keys.ts';
import { randomkey } from '../../src/commands/randomkey.ts';
import { bulk, bulks, error, integer, NULL, type Reply } from '../../src/resp/reply.ts';
import { encodeReply } from '../../src/resp/reply-encoder.ts';
import { OnePartition } from './one-partition.ts';

function text(reply: Reply): string {
  return encodeReply(reply, 2).replaceAll('\r\n', ' ').trim();
}

function scanAll(partition: OnePartition, ...options: string[]): string[] {
  const found: string[] = [];
  let cursor = '0';
  do {
    const reply = partition.run('SCAN', cursor, ...options);
    if (reply.kind !== 'array') throw new TypeError('SCAN answers with an array');
    const [next, page] = reply.items;
    if (next?.kind !== 'bulk' || page?.kind !== 'array') throw new TypeError('not a page of SCAN');
    cursor = next.value;
    for (const item of page.items) if (item.kind === 'bulk') found.push(item.value);
  } while (cursor !== '0');
  return found.sort();
}

describe('SCAN', () => {
  test('returns every key once while nothing changes, whatever COUNT is', () => {
    const partition = new OnePartition();
    const names = Array.from({ length: 57 }, (_, at) => `k${at}`).sort();
    for (const name of names) partition.run('SET', name, 'v');
    for (const count of ['1', '7', '1000']) {
      expect(scanAll(partition, 'COUNT', count)).toEqual(names);
    }
    expect(scanAll(partition)).toEqual(names);
    expect(scanAll(partition, 'MATCH', 'k5?')).toEqual(names.filter((name) => /^k5.$/.test(name)));
    expect(scanAll(partition, 'TYPE', 'list')).toEqual([]);
  });

  test('leaves out keys of other databases and expired ones', () => {
    const partition = new OnePartition();
    partition.pass(1);
    partition.say('SET here 1');
    partition.say('SET gone 1 PX 10');
    partition.session.db = 3;
    partition.say('SET elsewhere 1');
    partition.session.db = 0;
    partition.pass(10);
    expect(scanAll(partition)).toEqual(['here']);
  });
});

describe('a pattern that would look at a long key again and again', () => {
  const refusal = '-ERR matching this pattern with a long key takes too long';
  const pattern = `*${'a'.repeat(30_000)}b`;

  test.each([
    ['KEYS', pattern],
    ['SCAN', '0', 'MATCH', pattern],
  ])('is refused by %s, and by nothing else', (...request) => {
    const partition = new OnePartition();
    partition.run('SET', 'a'.repeat(60_000), 'v');
    expect(text(partition.run(...request))).toBe(refusal);
    partition.run('FLUSHALL');
    partition.run('SET', `${'a'.repeat(30_000)}b`, 'v');
    expect(text(partition.run(...request))).toContain('aaab');
  });

  test('is refused if it is so in one of several partitions', () => {
    const refused = error(refusal.slice(1));
    expect(keys.runs === 'every' && keys.merge([bulks(['a']), refused])).toBe(refused);
  });

  test('costs a script the time that it takes', () => {
    const partition = new OnePartition();
    partition.run('SET', 'a'.repeat(60_000), 'v');
    const source = `for i = 1, 500 do redis.pcall('keys', '${pattern}') end return 'ended'`;
    expect(text(partition.run('EVAL', source, '0'))).toMatch(/^-ERR Script stopped: .* steps$/);
  });
});

describe('commands over a whole database', () => {
  test('FLUSHDB frees one database, FLUSHALL all of them', () => {
    const partition = new OnePartition();
    for (const db of [0, 3]) {
      partition.session.db = db;
      partition.say('SET a 1');
    }
    partition.say('FLUSHDB');
    expect(text(partition.say('DBSIZE'))).toBe(':0');
    partition.session.db = 0;
    expect(text(partition.say('DBSIZE'))).toBe(':1');
    partition.say('FLUSHALL ASYNC');
    expect(text(partition.say('DBSIZE'))).toBe(':0');
  });

  test('a flush of what is empty leaves no effect', () => {
    const partition = new OnePartition();
    const before = partition.keyspace.base.stateDigest;
    partition.say('FLUSHALL');
    expect(partition.keyspace.base.stateDigest).toBe(before);
    expect(partition.keyspace.oldestPendingIndex).toBe(0);
  });

  test('tokens go on after FLUSHALL', () => {
    const partition = new OnePartition();
    partition.pass(1);
    partition.say('KLOCK a me 1000');
    partition.say('FLUSHALL');
    expect(text(partition.say('KLOCK a me 1000'))).toBe(':2');
  });

  test('RANDOMKEY tells a key that is there, and in time every key', () => {
    const partition = new OnePartition();
    expect(text(partition.say('RANDOMKEY'))).toBe('$-1');
    for (const name of ['a', 'b', 'c']) partition.run('SET', name, 'v');
    const seen = new Set<string>();
    for (let at = 0; at < 100; at += 1) {
      partition.pass(1);
      seen.add(text(partition.say('RANDOMKEY')));
    }
    expect([...seen].sort()).toEqual(['$1 a', '$1 b', '$1 c']);
  });
});

describe('replies of several partitions', () => {
  test('become one', () => {
    if (dbsize.runs !== 'every' || keys.runs !== 'every' || randomkey.runs !== 'every') {
      throw new TypeError('these commands run on every partition');
    }
    expect(dbsize.merge([integer(2), integer(3)])).toEqual(integer(5));
    expect(keys.merge([bulks(['a']), bulks([]), bulks(['b', 'c'])])).toEqual(
      bulks(['a', 'b', 'c']),
    );
    expect(randomkey.merge([NULL, NULL])).toEqual(NULL);
    expect(randomkey.merge([NULL, bulk('k')])).toEqual(bulk('k'));
  });
});

describe('OBJECT and MEMORY', () => {
  test('ENCODING tells what Redis would say', () => {
    const partition = new OnePartition();
    partition.run('MSET', 'int', '12', 'embstr', 'x'.repeat(44), 'raw', 'x'.repeat(45));
    for (const name of ['int', 'embstr', 'raw']) {
      expect(partition.run('OBJECT', 'ENCODING', name)).toEqual(bulk(name));
    }
    expect(text(partition.say('OBJECT ENCODING none'))).toBe('$-1');
  });

  test('MEMORY USAGE grows with key and value', () => {
    const partition = new OnePartition();
    partition.run('MSET', 'a', '', 'b', 'x'.repeat(1000));
    const usage = (key: string): number => {
      const reply = partition.run('MEMORY', 'USAGE', key);
      return reply.kind === 'integer' ? Number(reply.value) : -1;
    };
    expect(usage('b') - usage('a')).toBe(1000);
    expect(usage('none')).toBe(-1);
  });
});
