import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { RawConnection } from '../../harness/raw-connection.ts';
import {
  redisIsMissing,
  type ServerProcess,
  startServer as startProcess,
} from '../../harness/server-process.ts';
import { Config } from '../../src/server/config.ts';
import { type RunningServer, startServer } from '../../src/server/start.ts';

const counted = [
  'expired_keys',
  'evicted_keys',
  'keyspace_hits',
  'keyspace_misses',
  'total_error_replies',
];

const release = `if redis.call("get",KEYS[1]) == ARGV[1] then
  return redis.call("del",KEYS[1])
else
  return 0
end`;
const releaseOnOneLine =
  'if redis.call("get",KEYS[1]) == ARGV[1] then return redis.call("del",KEYS[1]) else return 0 end';

/** A command; a text is cut at its blanks. `WAIT-EMPTY` waits for the last key to end. */
type Line = string | readonly string[];

const cases: Readonly<Record<string, readonly Line[]>> = {
  'reads of a value': ['SET k v', 'GET k', 'GET none', 'STRLEN k', 'STRLEN none'],
  'reads of a part': ['SET k v', 'GETRANGE k 0 1', 'GETRANGE none 0 1', 'SUBSTR k 0 0'],
  'reads of many': ['SET k v', 'MGET k none k', 'EXISTS k k none', 'TOUCH k none none'],
  'reads of times': ['SET k v PX 90000', 'TTL k', 'PTTL none', 'EXPIRETIME k', 'PEXPIRETIME k'],
  'reads of what a key is': ['SET k v', 'TYPE k', 'TYPE none', 'OBJECT ENCODING k'],
  'reads of objects': ['SET k v', 'OBJECT REFCOUNT none', 'OBJECT IDLETIME k', 'OBJECT FREQ none'],
  'reads that also write': ['SET k v', 'GETSET k w', 'GETSET n v', 'GETEX k PX 90000', 'GETEX x'],
  'reads that take away': ['SET k v', 'GETDEL k', 'GETDEL k'],
  'SET with GET': ['SET k v GET', 'SET k w GET', 'SET k x NX GET', 'SET n x XX GET'],
  writes: ['SET k v NX', 'SET k v NX', 'SET n v XX', 'SETNX k v', 'MSETNX k 1 n 2', 'SETEX k 9 v'],
  'writes of numbers and texts': ['INCR n', 'DECRBY n 2', 'APPEND k x', 'APPEND k y', 'MSET a 1'],
  'deletes and renames': [
    'SET k v',
    'DEL k none',
    'UNLINK k',
    'SET k v',
    'RENAME k n',
    'RENAME k n',
  ],
  'writes of times': ['SET k v', 'PEXPIRE k 90000', 'EXPIRE none 9', 'PERSIST k', 'PERSIST none'],
  'times that are over': ['SET k v', 'PEXPIRE k -1', 'GET k', 'SET k v', 'EXPIREAT k 1', 'GET k'],
  'what looks at all keys': ['SET k v', 'KEYS *', 'SCAN 0', 'DBSIZE', 'RANDOMKEY', 'FLUSHALL'],
  'SCAN with a type': ['MSET k v n v', 'SCAN 0 TYPE string', 'SCAN 0 MATCH k TYPE string'],
  'SCAN with another type': ['MSET k v n v', 'SCAN 0 TYPE list', 'SCAN 0 MATCH k TYPE list'],
  'MEMORY USAGE': ['SET k v', 'MEMORY USAGE k', 'MEMORY USAGE none'],
  transactions: ['WATCH k', 'MULTI', 'GET k', 'SET k v', 'GET k', 'EXEC'],
  'other databases': ['SET k v', 'SELECT 1', 'GET k', 'SELECT 0', 'GET k'],
  'scripts that nobody knows': [
    'SET k v',
    ['EVAL', 'return {redis.call("get", "k"), redis.call("exists", "n", "k")}', '0'],
    ['EVAL', 'redis.call("set", "n", 1) redis.call("del", "n") return redis.call("ttl", "n")', '0'],
  ],
  'scripts of locks': [
    'SET k v',
    ['EVAL', release, '1', 'k', 'w'],
    ['EVAL', releaseOnOneLine, '1', 'k', 'w'],
    ['EVAL', releaseOnOneLine, '1', 'k', 'v'],
    ['EVAL', releaseOnOneLine, '1', 'k', 'v'],
  ],
  'keys that end by themselves': ['SET a v PX 20', 'SET b v PX 30', 'SET c v PX 1', 'WAIT-EMPTY'],
  'keys that are found ended': ['SET a v PX 20', 'WAIT-EMPTY', 'GET a', 'SET a v NX', 'GET a'],
  errors: ['GET', 'NOPE', 'INCR a b', 'SET k v', 'INCR k', 'SET k v PX 0', 'EXPIRE k x', 'GET k'],
  'errors of scripts': [
    ['EVAL', 'return redis.call("incr")', '0'],
    ['EVAL', 'error("x")', '0'],
  ],
};

describe.skipIf(redisIsMissing)('INFO stats counts as redis-server 7.0 does', () => {
  const folder = mkdtempSync(join(tmpdir(), 'fencepost-'));
  let own: RunningServer;
  let redis: ServerProcess;
  const connections: RawConnection[] = [];

  beforeAll(async () => {
    own = await startServer({
      config: new Config(new Map(Object.entries({ dir: folder, port: '0' }))),
      log: pino({ level: 'silent' }),
      readFile: () => '',
      onShutdown: () => {},
      onFailure: () => {},
    });
    redis = await startProcess({ kind: 'redis' });
    for (const port of [own.addresses[0]?.port ?? 0, redis.port]) {
      connections.push(await RawConnection.open(port));
    }
  });

  afterAll(async () => {
    for (const connection of connections) connection.close();
    await Promise.all([own?.stop(), redis?.stop()]);
    rmSync(folder, { recursive: true });
  });

  test.for(Object.entries(cases))('%s', async ([, lines]) => {
    const [ours, theirs] = await Promise.all(connections.map((each) => countsAfter(each, lines)));
    expect(ours).toEqual(theirs);
  });

  test('and the cases together have counted hits, misses, ended keys and errors', async () => {
    const lines = Object.values(cases).flat();
    const [ours] = await Promise.all(connections.map((each) => countsAfter(each, lines)));
    const { keyspace_hits, keyspace_misses, expired_keys, total_error_replies } = ours ?? {};
    expect(keyspace_hits).toBeGreaterThan(20);
    expect(keyspace_misses).toBeGreaterThan(20);
    expect(expired_keys).toBeGreaterThanOrEqual(4);
    expect(total_error_replies).toBeGreaterThan(5);
  });

  test('CONFIG RESETSTAT begins anew', async () => {
    for (const connection of connections) {
      const counts = await countsAfter(connection, ['GET none', 'CONFIG RESETSTAT']);
      expect(counts).toEqual(Object.fromEntries(counted.map((name) => [name, 0])));
    }
  });
});

/** Runs a case on an empty server whose counters are zero, and returns the counters. */
async function countsAfter(
  connection: RawConnection,
  lines: readonly Line[],
): Promise<Readonly<Record<string, number>>> {
  await connection.ask([['FLUSHALL'], ['CONFIG', 'RESETSTAT']]);
  for (const line of lines) {
    if (line === 'WAIT-EMPTY') await emptied(connection);
    else await connection.ask([typeof line === 'string' ? line.split(' ') : line]);
  }
  const text = await connection.askOne('INFO', 'stats');
  const values = counted.map((name) => new RegExp(`^${name}:(\\d+)\r$`, 'm').exec(text)?.[1]);
  return Object.fromEntries(counted.map((name, at) => [name, Number(values[at])]));
}

/** Waits until the server itself has freed all keys, without looking any of them up. */
async function emptied(connection: RawConnection): Promise<void> {
  while ((await connection.askOne('DBSIZE')) !== ':0\r\n') {
    await new Promise((resolve) => setImmediate(resolve));
  }
}
