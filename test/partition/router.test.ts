import { describe, expect, test } from 'vitest';
import { limits } from '../../src/base/limits.ts';
import { partitionOfSlot, slotOf } from '../../src/keyspace/slot.ts';
import type { Reply } from '../../src/resp/reply.ts';
import { openSession, Routed } from './routed.ts';

const crossSlot = { kind: 'error', text: "CROSSSLOT Keys in request don't hash to the same slot" };
const noLeader = { kind: 'error', text: 'CLUSTERDOWN The partition of the key has no leader' };

const { transactionEffectBytesMax, transactionReplyBytesMax, valueBytesMax } = limits;
const tooLarge = {
  kind: 'error',
  text:
    `ERR the transaction would write more than ${transactionEffectBytesMax} bytes; ` +
    'nothing was written',
};
const tooLong = {
  kind: 'error',
  text:
    `ERR the transaction's replies have more than ${transactionReplyBytesMax} bytes; ` +
    'nothing was written',
};

/** A key of each of the partitions 1 to `count`. */
function keysOfEach(count: number): string[] {
  const keys: string[] = [];
  for (let at = 0; keys.filter((key) => key !== undefined).length < count; at += 1) {
    keys[partitionOfSlot(slotOf(`k${at}`), count) - 1] ??= `k${at}`;
  }
  return keys;
}

function textsOf(reply: Reply | undefined): string[] {
  if (reply?.kind !== 'array') return [];
  return reply.items.map((item) => (item.kind === 'bulk' ? item.value : item.kind));
}

describe('routing', () => {
  test('a key is written in the partition that owns its slot, and in no other', () => {
    const routed = new Routed(4).lead();
    const keys = keysOfEach(4);
    for (const key of keys) routed.run('SET', key, 'me');
    routed.settle();
    const held = routed.partitions.map(({ keyspace }) =>
      [...keyspace.leases(0)].map(({ key }) => key),
    );
    expect(held).toEqual([[], ...keys.map((key) => [key])]);
  });

  test('keys of two slots are refused with CROSSSLOT, and nothing is written', () => {
    const routed = new Routed(4).lead();
    const outcome = routed.say('MSET a 1 b 2');
    expect(outcome.ready).toBe(true);
    expect(outcome.reply).toEqual(crossSlot);
    expect(routed.partitions.every(({ keyspace }) => keyspace.effectCount === 0)).toBe(true);
  });

  test('keys with one hash tag go together; with one partition all keys do', () => {
    expect(new Routed(4).lead().say('MSET {t}a 1 {t}b 2').reply).toMatchObject({ text: 'OK' });
    expect(new Routed(1).lead().say('MSET a 1 b 2').reply).toMatchObject({ text: 'OK' });
  });

  test('a command for every partition answers once, when all of them have answered', () => {
    const routed = new Routed(3).lead();
    for (const key of keysOfEach(3)) routed.run('SET', key, 'me');
    const outcome = routed.say('DBSIZE');
    expect(outcome.reply).toEqual({ kind: 'integer', value: 3 });
    for (const id of [1, 2]) {
      routed.settle(id);
      expect(outcome.ready).toBe(false);
    }
    routed.settle(3);
    expect(outcome.ready).toBe(true);
  });

  test('without a leader every command is refused at once', () => {
    const routed = new Routed(2);
    for (const line of ['GET k', 'DBSIZE', 'SCAN 0', 'SCRIPT EXISTS x', 'WATCH k']) {
      if (line === 'WATCH k')
        expect(routed.router.watch(routed.session, ['k']).reply).toEqual(noLeader);
      else expect(routed.say(line).reply, line).toEqual(noLeader);
    }
    expect(routed.transaction('GET k').reply).toEqual(noLeader);
  });
});

test('SCAN goes through all partitions by one cursor and returns every key once', () => {
  const routed = new Routed(3).lead();
  const keys = Array.from({ length: 50 }, (_, at) => `key:${at}`);
  for (const key of keys) routed.run('SET', key, 'me');
  routed.settle();
  const seen: string[] = [];
  let cursor = '0';
  for (let step = 0; step < 100; step += 1) {
    const { reply } = routed.run('SCAN', cursor, 'COUNT', '4');
    if (reply.kind !== 'array') break;
    const [next, found] = reply.items;
    seen.push(...textsOf(found));
    cursor = next?.kind === 'bulk' ? next.value : '';
    if (cursor === '0') break;
  }
  expect(cursor).toBe('0');
  expect(seen.sort()).toEqual(keys.sort());
});

describe('transactions', () => {
  test('run as one unit, and their reply waits for their entry', () => {
    const routed = new Routed(4).lead();
    const outcome = routed.transaction('SET {t}a 1', 'GET {t}a', 'INCR {t}a');
    expect(outcome.reply).toMatchObject({
      items: [{ text: 'OK' }, { value: '1' }, { value: 2 }],
    });
    expect(outcome.ready).toBe(false);
    routed.settle();
    expect(outcome.ready).toBe(true);
  });

  test('over several slots are refused as a whole, and their watches end', () => {
    const routed = new Routed(4).lead();
    const [here = '', there = ''] = keysOfEach(4);
    routed.router.watch(routed.session, [here]);
    expect(routed.transaction(`SET ${there} 1`).reply).toEqual(crossSlot);
    expect(routed.session.watchedKeys).toEqual([]);
    routed.settle();
    expect(routed.say(`GET ${there}`).reply).toEqual({ kind: 'null' });
  });

  test('do nothing if a watched key has changed, even if it is as it was', () => {
    const routed = new Routed(1).lead();
    routed.router.watch(routed.session, ['k']);
    routed.say('SET k me');
    routed.say('DEL k');
    expect(routed.transaction('SET other 1').reply).toEqual({ kind: 'null-array' });
    expect(routed.say('GET other').reply).toEqual({ kind: 'null' });
  });

  test('end the watches, so that a later one runs', () => {
    const routed = new Routed(1).lead();
    routed.router.watch(routed.session, ['k', 'k', 'other']);
    expect(routed.session.watchedKeys).toHaveLength(2);
    expect(routed.transaction('SET k 1').reply).toMatchObject({ kind: 'array' });
    expect(routed.session.watchedKeys).toEqual([]);
    expect(routed.partitions[1]?.keyspace.watchedVersion(0, 'k')).toBe(-1);
    expect(routed.transaction('SET k 2').reply).toMatchObject({ kind: 'array' });
  });

  test('a key is watched as long as one of its watchers is there', () => {
    const routed = new Routed(1).lead();
    const other = openSession();
    routed.router.watch(routed.session, ['k']);
    routed.router.watch(other, ['k']);
    routed.router.unwatch(other);
    routed.say('SET k me');
    expect(routed.transaction('GET k').reply).toEqual({ kind: 'null-array' });
  });

  test('that would write more than the log takes at once are refused and leave nothing', () => {
    const routed = new Routed(1).lead();
    const value = 'v'.repeat(valueBytesMax);
    const appends = Math.ceil(transactionEffectBytesMax / valueBytesMax) + 1;
    routed.run('SET', 'k', value.slice(appends));
    routed.settle();
    const queue = Array.from({ length: appends }, () => 'APPEND k x');
    expect(routed.transaction(...queue).reply).toEqual(tooLarge);
    expect(routed.partitions[1]?.keyspace.effectCount).toBe(0);
    expect(routed.say('STRLEN k').reply).toEqual({
      kind: 'integer',
      value: value.length - appends,
    });
  });
});

describe('transactions with long replies', () => {
  test('that could not be sent are refused as soon as they are too long, and leave nothing', () => {
    const routed = new Routed(1).lead();
    routed.run('SET', 'k', 'v'.repeat(valueBytesMax));
    routed.settle();
    const reads = Math.ceil(transactionReplyBytesMax / valueBytesMax);
    const queue = Array.from({ length: reads }, () => 'GET k');
    const outcome = routed.transaction('SET other 1', ...queue, 'RENAME missing k');
    expect(outcome.reply).toEqual(tooLong);
    expect(routed.partitions[1]?.keyspace.effectCount).toBe(0);
    expect(routed.transaction('SET other 1', ...queue.slice(1)).reply.kind).toBe('array');
  });
});

describe('scripts, which partition 0 remembers', () => {
  const source = "return redis.call('set', KEYS[1], 'me')";

  test('a script that is new waits for both partitions that it changes', () => {
    for (const [first, second] of [
      [0, 1],
      [1, 0],
    ]) {
      const routed = new Routed(1).lead();
      const outcome = routed.run('EVAL', source, '1', 'k');
      routed.settle(first);
      expect(outcome.ready).toBe(false);
      routed.settle(second);
      expect(outcome.ready).toBe(true);
      expect(outcome.reply).toMatchObject({ text: 'OK' });
    }
  });

  test('a script that is known waits for its own partition alone', () => {
    const routed = new Routed(1).lead();
    routed.run('SCRIPT', 'LOAD', source);
    routed.settle();
    const outcome = routed.run('EVAL', source, '1', 'k');
    routed.settle(1);
    expect(outcome.ready).toBe(true);
  });

  test('a script whose source is not durable yet is waited for by whoever runs it', () => {
    const routed = new Routed(1).lead();
    const loaded = routed.run('SCRIPT', 'LOAD', 'return 1').reply;
    const sha1 = loaded.kind === 'bulk' ? loaded.value : '';
    routed.settle(1);
    const outcome = routed.run('EVALSHA', sha1, '0');
    expect(outcome.reply).toEqual({ kind: 'integer', value: 1 });
    routed.settle(1);
    expect(outcome.ready).toBe(false);
    routed.settle(0);
    expect(outcome.ready).toBe(true);
  });
});
