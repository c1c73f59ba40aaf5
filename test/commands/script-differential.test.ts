import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { RawConnection } from '../../harness/raw-connection.ts';
import { redisIsMissing, type ServerProcess, startServer } from '../../harness/server-process.ts';
import type { ByteString } from '../../src/base/byte-string.ts';
import { Prng } from '../../src/base/prng.ts';
import { encodeReply } from '../../src/resp/reply-encoder.ts';
import { seedOf } from '../seed.ts';
import { type LockScript, lockScripts } from './lock-scripts.ts';
import { OnePartition } from './one-partition.ts';
import { failingScripts, otherScripts } from './other-scripts.ts';

/*
 * The same scripts with the same arguments on the same keys, on Fencepost's keyspace and on
 * redis-server 7.0: the bytes of the reply, and what every key holds and for how long afterwards.
 */
const seed = seedOf();
const roundCount = Number(process.env.FENCEPOST_TEST_ROUNDS ?? 12);
/** The two servers read their clocks at different moments. */
const clockToleranceMs = 3_000;

const allScripts = [...lockScripts, ...failingScripts, ...otherScripts];
const keys = ['a', 'b', 'lock:{x}'];
const owners = ['me', 'you', 'me', '', '\x00\xff\r\n'];

if (redisIsMissing) console.log('skipped: redis-server is not installed (apt install redis)');

describe.skipIf(redisIsMissing)('scripts beside redis-server 7.0', () => {
  let server: ServerProcess;
  let redis: RawConnection;

  beforeAll(async () => {
    server = await startServer({ kind: 'redis' });
    redis = await RawConnection.open(server.port);
  });

  afterAll(async () => {
    redis?.close();
    await server?.stop();
  });

  test('there are at least sixty of them', () => {
    expect(new Set(allScripts.map(({ source }) => source)).size).toBeGreaterThanOrEqual(60);
  });

  test.each([2, 3] as const)('are called and kept in the same way in RESP%d', async (protocol) => {
    const own = new OnePartition();
    await redis.ask([['HELLO', String(protocol)], ['FLUSHALL'], ['SCRIPT', 'FLUSH']]);
    for (const call of scriptingCalls) {
      const reply = encodeReply(own.run(...call), protocol);
      expect(reply, JSON.stringify(call)).toBe(await redis.askOne(...call));
    }
  });

  test.each(allScripts)('$name', async (script) => {
    const prng = new Prng(seed);
    for (let round = 0; round < roundCount; round += 1) {
      const protocol = round % 2 === 0 ? 2 : 3;
      await compareRound(redis, { script, prng, protocol });
    }
  });
});

const sha1OfReturn1 = 'e0e1f9fabfc9d4800c877a703b823ac0578ff8db';
const unknownSha1 = '4b4b5a6c8e3ec38d2b8ec1ba8a4a6c9a4fd8d0a1';

/** Scripting commands as such: how they are called, and what SCRIPT keeps. */
const scriptingCalls: readonly (readonly ByteString[])[] = [
  ['EVAL'],
  ['EVAL', 'return 1'],
  ['eval', 'return 1', 'x'],
  ['EVAL', 'return 1', '1'],
  ['EVAL', 'return 1', '-1'],
  ['EVAL', 'return 1', '-9223372036854775808'],
  ['EVAL', 'return 1', '9223372036854775807'],
  ['EVAL', 'return {KEYS, ARGV}', '2', 'a', 'b', 'c', '\x00\xff'],
  ['EVAL', 'return {KEYS, ARGV}', '0'],
  ['EVAL', 'return return', 'x'],
  ['EVAL', '', '0'],
  ['EVALSHA', 'short', '0'],
  ['EVALSHA', unknownSha1, 'x'],
  ['EVALSHA', unknownSha1, '0'],
  ['SCRIPT', 'EXISTS', sha1OfReturn1],
  ['SCRIPT', 'LOAD', 'return 1'],
  ['SCRIPT', 'LOAD', 'return return'],
  ['SCRIPT', 'EXISTS', sha1OfReturn1, 'short', sha1OfReturn1.toUpperCase()],
  ['EVALSHA', sha1OfReturn1.toUpperCase(), '0'],
  ['evalsha_ro', sha1OfReturn1, '1', 'a'],
  ['EVAL_RO', "return redis.call('set', 'a', 'b')", '0'],
  ['EVAL_RO', "return redis.call('get', 'a')", '0'],
  ['EVAL_RO', '#!lua\nreturn 1', '0'],
  ['EVAL', "#!lua flags=no-writes\nreturn redis.call('set', 'a', 'b')", '0'],
  ['EVAL', '#!lua flags=unheard-of\nreturn 1', '0'],
  ['EVAL', "return redis.call('select', '3000000000')", '0'],
  ['EVAL', "return redis.call('select', '-1')", '0'],
  ['SCRIPT', 'FLUSH', 'now'],
  ['SCRIPT', 'FLUSH', 'sync', 'sync'],
  ['SCRIPT', 'flush', 'ASYNC'],
  ['EVALSHA', sha1OfReturn1, '0'],
  ['SCRIPT', 'KILL'],
  ['SCRIPT', 'DEBUG', 'no'],
  ['SCRIPT', 'DEBUG', 'perhaps'],
  ['SCRIPT', 'NOSUCH'],
  ['SCRIPT'],
  ['SCRIPT', 'LOAD'],
  ['SCRIPT', 'EXISTS'],
];

interface Round {
  readonly script: LockScript;
  readonly prng: Prng;
  readonly protocol: 2 | 3;
}

async function compareRound(redis: RawConnection, round: Round): Promise<void> {
  const { script, protocol } = round;
  const own = new OnePartition();
  own.wallMs = Date.now();
  own.pass(1);
  const before = [['HELLO', String(protocol)], ['FLUSHALL'], ...stateOf(round.prng)];
  const call = callOf(round);
  const after = keys.flatMap((key) => [
    ['GET', key],
    ['PTTL', key],
  ]);
  const requests = [...before, call, call, ...after, ['SELECT', '5'], ...after, ['SELECT', '0']];
  const replies = await redis.ask(requests);
  for (const [at, request] of requests.entries()) {
    const theirs = replies[at] ?? '';
    if (request[0] === 'HELLO') continue;
    const ownReply = encodeReply(own.run(...request), protocol);
    if (request[0] === 'PTTL' && areClose(ownReply, theirs)) continue;
    const what = `${JSON.stringify(request)} after ${JSON.stringify(before)}\n${script.source}\n`;
    expect(JSON.stringify(ownReply), what).toBe(JSON.stringify(theirs));
  }
}

/** What the keys hold before the script runs. */
function stateOf(prng: Prng): ByteString[][] {
  return keys.flatMap((key) => {
    const value = prng.pick([...owners, '7', 'x'.repeat(50)]);
    if (prng.oneIn(3)) return [];
    return prng.oneIn(2) ? [['SET', key, value]] : [['SET', key, value, 'PX', farMs(prng)]];
  });
}

function callOf({ script, prng }: Round): ByteString[] {
  const first = prng.below(keys.length);
  const named = Array.from(
    { length: script.keyCount },
    (_, at) => keys[(first + at) % keys.length] ?? '',
  );
  const argv = script.argv.map((kind) => {
    if (kind === 'owner') return prng.pick(owners);
    if (kind === 'any') return prng.pick(['yes', 'no', '', '\xe9']);
    return prng.oneIn(8) ? prng.pick(['0', '-1', 'soon', '1.5']) : farMs(prng);
  });
  return ['EVAL', script.source, String(named.length), ...named, ...argv];
}

/** Times differ from each other by at least ten seconds, and end long after the test. */
function farMs(prng: Prng): ByteString {
  return String(10_000 * prng.between(10_000, 1_000_000));
}

function areClose(own: ByteString, theirs: ByteString): boolean {
  const [first, second] = [own, theirs].map((reply) => Number(reply.slice(1)));
  if (first === undefined || second === undefined || first <= 0 || second <= 0) return false;
  return Math.abs(first - second) <= clockToleranceMs;
}
