import { describe, expect, test } from 'vitest';
import { limits } from '../../src/base/limits.ts';
import { SmallCluster, sha1Of, shown, tickMs } from './small-cluster.ts';

const { transactionReplyBytesMax, valueBytesMax } = limits;
const tooLong = `ERR the transaction's replies have more than ${transactionReplyBytesMax} bytes`;

/** Commands of the session itself whose replies are too long together. */
function longReplies(): string[] {
  const echo = `ECHO ${'v'.repeat(valueBytesMax)}`;
  return Array(Math.ceil(transactionReplyBytesMax / valueBytesMax)).fill(echo);
}

describe('transactions', () => {
  test('run at the leader, and the commands of the session itself at home', () => {
    const cluster = new SmallCluster().lead(1);
    const client = cluster.node(2).open();
    const outcome = client.transaction('SET k 1', 'SELECT 2', 'PING', 'SET k 2', 'GET k');
    expect(client.session.db).toBe(2);
    cluster.settle();
    expect(shown(outcome)).toEqual(['OK', 'OK', 'PONG', 'OK', '2']);
    const { base } = cluster.node(1).partition(1).keyspace;
    expect([0, 2].map((db) => base.find(db, 'k')?.value)).toEqual(['1', '2']);
  });

  test('do nothing if a watched key was changed through another node', () => {
    const cluster = new SmallCluster().lead(1);
    const [one, other] = [cluster.node(2).open(), cluster.node(3).open()];
    const watched = one.watch('k');
    cluster.settle();
    expect(shown(watched)).toBe('OK');
    other.say('SET k me');
    cluster.settle();
    const outcome = one.transaction('SET other 1', 'SELECT 5');
    cluster.settle();
    expect(shown(outcome)).toBe(null);
    expect(one.session.db).toBe(0);
    const again = one.transaction('SET other 1');
    cluster.settle();
    expect(shown(again)).toEqual(['OK']);
  });

  test('run if nothing has changed, also when WATCH and EXEC come in one breath', () => {
    const cluster = new SmallCluster().lead(1);
    const client = cluster.node(2).open();
    client.watch('k', 'k', 'l');
    const outcome = client.transaction('SET k 1', 'SELECT 5');
    cluster.settle();
    expect(shown(outcome)).toEqual(['OK', 'OK']);
    expect(client.session.db).toBe(5);
    expect(client.session.watchedKeys).toEqual([]);
  });

  test('leave nothing if the replies of the session itself are too long', () => {
    const cluster = new SmallCluster().lead(1);
    const client = cluster.node(2).open();
    const outcome = client.transaction('SET k 1', ...longReplies(), 'SELECT 5');
    expect(shown(outcome)).toBe(`${tooLong}; nothing was written`);
    cluster.settle();
    expect(cluster.node(1).partition(1).keyspace.base.find(0, 'k')).toBe(undefined);
    expect(client.session.db).toBe(0);
  });

  test('that watched, and have run, say so if the replies of the session are too long', () => {
    const cluster = new SmallCluster().lead(1);
    const client = cluster.node(2).open();
    client.watch('k');
    const outcome = client.transaction('SET k 1', ...longReplies());
    cluster.settle();
    expect(shown(outcome)).toBe(`${tooLong}; what it writes was written`);
    expect(cluster.node(1).partition(1).keyspace.base.find(0, 'k')?.value).toBe('1');
  });

  test('do nothing if another node leads since WATCH, or only some watches are left', () => {
    const cluster = new SmallCluster().lead(1);
    const client = cluster.node(2).open();
    client.watch('k');
    cluster.settle();
    cluster.lead(3);
    client.watch('l');
    const outcome = client.transaction('SET k 1');
    cluster.run(4 * tickMs);
    expect(shown(outcome)).toBe(null);
  });

  test('watches end with UNWATCH, and with the link', () => {
    const cluster = new SmallCluster().lead(1);
    const client = cluster.node(2).open();
    client.watch('k');
    client.unwatch();
    cluster.settle();
    expect(cluster.node(1).partition(1).keyspace.watchedVersion(0, 'k')).toBe(-1);
    client.watch('k');
    cluster.settle();
    expect(cluster.node(1).partition(1).keyspace.watchedVersion(0, 'k')).not.toBe(-1);
    cluster.cut(1, 2);
    expect(cluster.node(1).partition(1).keyspace.watchedVersion(0, 'k')).toBe(-1);
    cluster.heal();
    const outcome = client.transaction('SET k 1');
    cluster.run(4 * tickMs);
    expect(shown(outcome)).toBe(null);
  });
});

describe('scripts', () => {
  const source = "return redis.call('incr', KEYS[1])";
  const sha1 = sha1Of(source);

  /** Partition 0 is led by node 1, the partition of slots by node 2. */
  const apart = (): SmallCluster => new SmallCluster().leadOne(1, 0).leadOne(2, 1);

  test('a script that was loaded through one node runs by its SHA-1 through every other', () => {
    for (const [loader, runner] of [
      [1, 3],
      [2, 1],
      [3, 2],
      [3, 3],
    ] as const) {
      const cluster = apart();
      const loaded = cluster.node(loader).open().run('SCRIPT', 'LOAD', source);
      cluster.node(loader).endTurn();
      while (!loaded.ready) {
        for (const [from, to] of [
          [1, 2],
          [1, 3],
          [2, 1],
          [3, 1],
        ] as const)
          cluster.deliver(from, to);
      }
      expect(shown(loaded)).toBe(sha1);
      const outcome = cluster.node(runner).open().run('EVALSHA', sha1, '1', 'n');
      cluster.run(4 * tickMs);
      expect(shown(outcome), `${loader} ${runner}`).toBe(1);
    }
  });

  test('EVAL brings its script to every node, and its text to where it runs', () => {
    for (const node of [1, 2, 3]) {
      const cluster = apart();
      const client = cluster.node(node).open();
      const outcomes = [client.run('EVAL', source, '1', 'n'), client.run('EVAL', source, '1', 'n')];
      cluster.settle();
      expect(outcomes.map(shown), `node ${node}`).toEqual([1, 2]);
      const others = cluster.nodes.map((each) => each.open().run('EVALSHA', sha1, '1', 'n'));
      cluster.run(4 * tickMs);
      expect(others.map(shown).sort(), `node ${node}`).toEqual([3, 4, 5]);
      for (const each of cluster.nodes) {
        expect(each.partition(0).keyspace.base.scripts.get(sha1)).toBe(source);
      }
    }
  });

  test('a script that nobody knows is reported, also while the meta group has no leader', () => {
    const cluster = apart();
    const client = cluster.node(3).open();
    const outcome = client.run('EVALSHA', sha1, '0');
    const later = client.say('SET k me');
    cluster.settle();
    expect(shown(outcome)).toMatch(/^NOSCRIPT /);
    expect(shown(later)).toBe('OK');
    cluster.kill(1);
    const again = client.run('EVALSHA', sha1, '0');
    cluster.run(limits.scriptCheckMs + 2_500);
    expect(shown(again)).toMatch(/^NOSCRIPT /);
  });

  test('a script that was flushed is unknown to the session that flushed it', () => {
    const cluster = apart();
    const client = cluster.node(2).open();
    client.run('EVAL', source, '1', 'n');
    cluster.settle();
    const flushed = client.run('SCRIPT', 'FLUSH');
    while (!flushed.ready) {
      for (const [from, to] of [
        [2, 1],
        [1, 3],
        [3, 1],
      ] as const)
        cluster.deliver(from, to);
      const [next] = cluster.link(1, 2).packets;
      if (next?.kind === 'reply') cluster.deliver(1, 2);
      else if (next !== undefined)
        cluster.link(1, 2).packets.push(...cluster.link(1, 2).packets.splice(0, 1));
    }
    const outcome = client.run('EVALSHA', sha1, '1', 'n');
    expect(shown(outcome)).toBe('waits');
    cluster.run(4 * tickMs);
    expect(shown(outcome)).toMatch(/^NOSCRIPT /);
  });
});
