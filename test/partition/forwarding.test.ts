import { describe, expect, test } from 'vitest';
import { limits } from '../../src/base/limits.ts';
import { partitionOfSlot, slotOf } from '../../src/keyspace/slot.ts';
import { SmallCluster, sha1Of, shown, tickMs } from './small-cluster.ts';

const uncertain = 'UNCERTAIN the leader was lost; the command may or may not have taken effect';
const noLeader = 'CLUSTERDOWN The partition of the key has no leader';

/** A key of the partition, of those whose names begin alike. */
function keyOf(partition: number, partitionCount: number, name = 'k'): string {
  for (let at = 0; ; at += 1) {
    const key = `${name}${at}`;
    if (partitionOfSlot(slotOf(key), partitionCount) === partition) return key;
  }
}

describe('a node that does not lead', () => {
  test('has the leader run a command and answers with its reply', () => {
    const cluster = new SmallCluster().lead(1);
    const client = cluster.node(2).open();
    const outcomes = ['SET k me', 'GET k', 'INCR n', 'GET'.padEnd(3), 'KGET k'].map((line) =>
      line === 'GET' ? client.say('STRLEN k') : client.say(line),
    );
    expect(outcomes.map(shown)).toEqual(Array(5).fill('waits'));
    cluster.settle();
    expect(outcomes.slice(0, 4).map(shown)).toEqual(['OK', 'me', 1, 2]);
    expect(outcomes[4]?.reply.kind).toBe('map');
  });

  test('answers a command that no session state goes with in the database of its session', () => {
    const cluster = new SmallCluster().lead(1);
    const client = cluster.node(2).open();
    client.session.db = 3;
    client.say('SET k me');
    cluster.settle();
    expect(cluster.node(1).partition(1).keyspace.base.find(3, 'k')?.value).toBe('me');
    expect(cluster.node(3).open().say('GET k').ready).toBe(false);
  });

  test('asks every partition, wherever it is led, and merges the replies', () => {
    const cluster = new SmallCluster({ partitionCount: 3 });
    for (const id of [1, 2, 3]) cluster.leadOne(id, id);
    cluster.leadOne(1, 0);
    const client = cluster.node(2).open();
    const keys = [1, 2, 3].map((partition) => keyOf(partition, 3));
    for (const key of keys) client.say(`SET ${key} me`);
    const size = client.say('DBSIZE');
    const names = client.say('KEYS *');
    cluster.settle();
    expect(shown(size)).toBe(3);
    expect([...(shown(names) as string[])].sort()).toEqual([...keys].sort());
    const seen: string[] = [];
    let cursor = '0';
    do {
      const step = client.say(`SCAN ${cursor} COUNT 1`);
      cluster.settle();
      const [next, found] = shown(step) as [string, string[]];
      cursor = next;
      seen.push(...found);
    } while (cursor !== '0');
    expect(seen.sort()).toEqual([...keys].sort());
  });

  test('hears what was published elsewhere when it is committed', () => {
    const cluster = new SmallCluster().lead(1);
    cluster.node(2).open().say('PUBLISH channel released');
    cluster.run(4 * tickMs);
    expect(cluster.nodes.map(({ heard }) => heard)).toEqual(Array(3).fill(['released']));
  });

  test('keeps the order of its commands while they wait, are sent and run at home', () => {
    const cluster = new SmallCluster();
    const client = cluster.node(2).open();
    const outcomes = [1, 2, 3].map((at) => client.say(`APPEND k ${at}`));
    cluster.lead(1);
    outcomes.push(client.say('APPEND k 4'), client.say('GET k'));
    cluster.lead(2);
    outcomes.push(client.say('APPEND k 5'), client.say('GET k'));
    cluster.settle();
    expect(outcomes.map(shown)).toEqual([1, 2, 3, 4, '1234', 5, '12345']);
  });
});

describe('without a leader', () => {
  test('a command waits, and is refused when its time is over', () => {
    const cluster = new SmallCluster();
    cluster.tick();
    cluster.isolate(1);
    const outcomes = ['SET k me NX', 'GET k', 'DEL k'].map((line) =>
      cluster.node(1).open().say(line),
    );
    cluster.run(limits.leaderWaitMs - 2 * tickMs);
    expect(outcomes.map(shown)).toEqual(['waits', 'waits', 'waits']);
    cluster.run(3 * tickMs);
    expect(outcomes.map(shown)).toEqual([noLeader, noLeader, noLeader]);
  });

  test('a leader that is cut off answers nobody as if it led', () => {
    const cluster = new SmallCluster().lead(1);
    const client = cluster.node(1).open();
    cluster.isolate(1);
    const outcomes = ['SET k me NX PX 60000', 'GET k', 'DEL k'].map((line) => client.say(line));
    cluster.run(limits.leaderWaitMs + 2 * tickMs);
    const [set, get, del] = outcomes.map(shown);
    expect(set).toMatch(/^UNCERTAIN /);
    expect(get).toBe(noLeader);
    expect(del).toMatch(/^UNCERTAIN /);
  });

  test('more commands than the queue takes are refused at once, and the others are not', () => {
    const cluster = new SmallCluster({ nodeCount: 1 });
    const client = cluster.node(1).open();
    const first = client.say('SET k me');
    for (let at = 1; at < limits.forwardCountMax; at += 1) client.say('GET k');
    expect(shown(client.say('GET k'))).toMatch(/^CLUSTERDOWN more than/);
    cluster.lead(1);
    expect(shown(first)).toBe('OK');
  });
});

describe('when the leader dies', () => {
  test('a read is answered by the next one', () => {
    const cluster = new SmallCluster().lead(1);
    const client = cluster.node(2).open();
    client.say('SET k me');
    cluster.settle();
    const outcome = client.say('GET k');
    cluster.deliver(2, 1);
    cluster.kill(1);
    cluster.run(2_000);
    expect(shown(outcome)).toBe('me');
  });

  test('an acquisition that had taken effect is granted by the next one, with its token', () => {
    for (const line of [
      'SET k me NX PX 60000',
      'SET k me NX GET',
      'SETNX k me',
      'KLOCK k me 60000',
    ]) {
      const cluster = new SmallCluster().lead(1);
      const client = cluster.node(2).open();
      client.say('SET other me');
      cluster.settle();
      const outcome = client.say(line);
      cluster.deliver(2, 1);
      // The followers take the entry, and the answer is lost with the leader.
      while (cluster.deliver(1, 3));
      cluster.deliver(3, 1);
      expect(cluster.node(1).partition(1).keyspace.base.find(0, 'k')?.token).toBe(2);
      cluster.kill(1);
      cluster.run(2_000);
      const expected = { KLOCK: 2, SETNX: 1 }[line.split(' ')[0] ?? ''];
      expect(shown(outcome), line).toBe(expected ?? (line.includes('GET') ? null : 'OK'));
      const leader = cluster.nodes.find((node) => node.alive && node.leads(1));
      expect(leader?.partition(1).keyspace.base.find(0, 'k')?.token).toBe(2);
      expect(shown(client.say('SET k other NX'))).not.toBe('OK');
    }
  });

  test('an acquisition by somebody else is not taken for a repetition', () => {
    const cluster = new SmallCluster().lead(1);
    const [one, other] = [cluster.node(2).open(), cluster.node(2).open()];
    const outcomes = [one.say('SET k me NX'), other.say('SET k me NX'), other.say('SETNX k me')];
    cluster.settle();
    expect(outcomes.map(shown)).toEqual(['OK', null, 0]);
  });

  test('whoever sent anything else is told that the outcome is unknown', () => {
    const cluster = new SmallCluster().lead(1);
    const client = cluster.node(2).open();
    const outcomes = ['SET k me', 'DEL k', 'KEXTEND k me 1000', 'SET k me XX'].map((line) =>
      client.say(line),
    );
    outcomes.push(client.transaction('SET k 1', 'GET k'));
    outcomes.push(client.run('EVAL', "return redis.call('get', KEYS[1])", '1', 'k'));
    while (cluster.deliver(2, 1));
    cluster.kill(1);
    cluster.run(2_000);
    expect(outcomes.map(shown)).toEqual(Array(6).fill(uncertain));
  });

  test('what had not been sent runs at the next one', () => {
    const cluster = new SmallCluster().lead(1);
    const client = cluster.node(2).open();
    cluster.kill(1);
    const outcomes = ['SET k me', 'APPEND k !', 'GET k'].map((line) => client.say(line));
    cluster.run(2_000);
    expect(outcomes.map(shown)).toEqual(['OK', 3, 'me!']);
  });

  test('commands of its own sessions that were lost are retried, or answered with doubt', () => {
    const cluster = new SmallCluster().lead(1);
    const client = cluster.node(1).open();
    cluster.isolate(1);
    const outcomes = ['SET k me NX', 'INCR n', 'GET k'].map((line) => client.say(line));
    cluster.run(1_500);
    expect(outcomes.map(shown)).toEqual(['waits', uncertain, 'waits']);
    cluster.heal();
    cluster.run(1_500);
    expect(outcomes.map(shown)).toEqual(['OK', uncertain, 'me']);
  });
});

describe('when the leader hands over', () => {
  test('nobody sees more than a delay', () => {
    const cluster = new SmallCluster().lead(1);
    const clients = cluster.nodes.map((node) => node.open());
    const outcomes = clients.map((client) => client.say('INCR n'));
    cluster.node(1).raft(1).transferLeadership(cluster.node(2).raft(1).self);
    outcomes.push(...clients.map((client) => client.say('INCR n')));
    cluster.run(1_000);
    outcomes.push(...clients.map((client) => client.say('INCR n')));
    cluster.settle();
    expect(cluster.node(2).leads(1)).toBe(true);
    expect(
      outcomes
        .map(shown)
        .map(Number)
        .sort((a, b) => a - b),
    ).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });
});

describe('when a link dies', () => {
  test('answers that were lost on the way back are asked for again, or doubted, soon', () => {
    const cluster = new SmallCluster().lead(1);
    const client = cluster.node(2).open();
    const outcomes = ['SET k me NX', 'INCR n'].map((line) => client.say(line));
    while (cluster.deliver(2, 1));
    while (cluster.deliver(1, 3));
    while (cluster.deliver(3, 1));
    cluster.cut(1, 2);
    cluster.run(4 * tickMs);
    cluster.heal();
    cluster.run(4 * tickMs);
    expect(outcomes.map(shown)).toEqual(['OK', uncertain]);
  });

  test('a request of before does not run after one that came on the next link', () => {
    const cluster = new SmallCluster().lead(1);
    const client = cluster.node(2).open();
    const first = client.say('SET k me NX');
    const stale = cluster.link(2, 1).packets.filter(({ kind }) => kind === 'request');
    expect(stale).toHaveLength(1);
    cluster.cut(2, 1);
    cluster.heal();
    cluster.run(2 * tickMs);
    expect(shown(first)).toBe('OK');
    const released = client.say('DEL k');
    cluster.settle();
    expect(shown(released)).toBe(1);
    cluster.link(2, 1).packets.push(...stale);
    cluster.settle();
    expect(cluster.node(1).partition(1).keyspace.base.find(0, 'k')).toBeUndefined();
  });

  test('a request for a term that is over is refused, and runs where the leader is now', () => {
    const cluster = new SmallCluster().lead(1);
    const client = cluster.node(2).open();
    const outcome = client.say('INCR n');
    const held = cluster.link(2, 1).packets.filter(({ kind }) => kind === 'request');
    cluster.link(2, 1).packets = [];
    cluster.node(1).raft(1).transferLeadership(cluster.node(3).raft(1).self);
    cluster.settle();
    expect(cluster.node(3).leads(1)).toBe(true);
    cluster.link(2, 1).packets.push(...held);
    cluster.run(4 * tickMs);
    expect(shown(outcome)).toBe(1);
  });
});

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
