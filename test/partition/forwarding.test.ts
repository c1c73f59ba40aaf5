import { describe, expect, test } from 'vitest';
import { limits } from '../../src/base/limits.ts';
import { partitionOfSlot, slotOf } from '../../src/keyspace/slot.ts';
import type { Outcome } from '../../src/partition/outcome.ts';
import { array, bulk, integer, type Reply } from '../../src/resp/reply.ts';
import { type Client, SmallCluster, shown, tickMs } from './small-cluster.ts';

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

  const script = "return redis.call('incr',KEYS[1])";
  const asked: readonly (readonly [string, (client: Client) => Outcome, Reply])[] = [
    ['a script', (client) => client.run('EVAL', script, '1', 'n'), integer(2)],
    ['a read', (client) => client.say('GET n'), bulk('1')],
    ['a transaction', (client) => client.transaction('INCR n'), array([integer(2)])],
  ];
  const cases = asked.flatMap((each) => [1, 2].map((id) => [...each, id] as const));

  test.each(cases)(
    '%s runs at the next one, also while the meta group waits',
    (_, ask, reply, id) => {
      const cluster = new SmallCluster().lead(1);
      const client = cluster.node(id).open();
      cluster.node(1).open().run('EVAL', script, '1', 'n');
      cluster.settle();
      // The turn of the command cannot be proposed, while that of the meta group can.
      cluster.node(1).partition(0).keyspace.put(0, 'record', 'new', 0);
      cluster.node(1).raft(1).transferLeadership(cluster.node(2).raft(1).self);
      const outcome = ask(client);
      cluster.run(1_000);
      expect(cluster.node(2).leads(1)).toBe(true);
      expect(outcome).toMatchObject({ ready: true, reply });
    },
  );
});

describe('a former leader', () => {
  test.each([
    [false, limits.formerLeaderMs],
    [true, limits.formerLeaderHeardMs],
  ])('is waited for as long as it may answer; its node is heard: %s', (hears, ms) => {
    const cluster = new SmallCluster().lead(1);
    cluster.hears = hears;
    const outcome = cluster.node(2).open().say('INCR n');
    cluster.link(2, 1).packets = [];
    cluster.leadOne(3, 1);
    const ranMs = 6 * tickMs;
    cluster.run(ms - ranMs - tickMs);
    expect(shown(outcome)).toBe('waits');
    cluster.run(ranMs + tickMs);
    expect(shown(outcome)).toBe(uncertain);
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

  test.each([
    ['sent with it', true],
    ['sent when the link is there again', false],
  ])('an acquisition does not run again behind its own release, %s', (_, together) => {
    const cluster = new SmallCluster().lead(1);
    const client = cluster.node(2).open();
    const taken = client.say('SET k me NX');
    cluster.link(1, 2).up = false;
    // The reply to the acquisition finds no link, that to the release does.
    const release = (): Outcome => client.say('DEL k');
    const early = together ? release() : undefined;
    cluster.deliver(2, 1);
    while (cluster.deliver(1, 3));
    while (cluster.deliver(3, 1));
    cluster.link(1, 2).up = true;
    const released = early ?? release();
    cluster.settle();
    cluster.run(4 * tickMs);
    expect([taken, released].map(shown)).toEqual(['OK', uncertain]);
    expect(cluster.node(1).partition(1).keyspace.base.find(0, 'k')?.value).toBe('me');
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

describe('when leadership comes back', () => {
  test('a request of the first term does not run in the second one', () => {
    const cluster = new SmallCluster().lead(1);
    const client = cluster.node(2).open();
    const taken = client.say('SET k me NX');
    const { packets } = cluster.link(2, 1);
    const stale = packets.splice(0).filter(({ kind }) => kind === 'request');
    expect(stale).toHaveLength(1);
    cluster.leadOne(3, 1);
    cluster.run(limits.formerLeaderMs + 4 * tickMs);
    const released = client.say('DEL k');
    cluster.settle();
    expect([taken, released].map(shown)).toEqual(['OK', 1]);
    cluster.leadOne(1, 1);
    cluster.link(2, 1).packets.push(...stale);
    cluster.settle();
    expect(cluster.node(1).partition(1).keyspace.base.find(0, 'k')).toBeUndefined();
  });

  test('a new leader runs nothing of its own before what it had sent to the former one', () => {
    const cluster = new SmallCluster().lead(1);
    const client = cluster.node(2).open();
    const sent = client.say('SET k first NX');
    cluster.link(2, 1).packets = [];
    cluster.node(1).raft(1).transferLeadership(cluster.node(2).raft(1).self);
    cluster.settle();
    expect(cluster.node(2).leads(1)).toBe(true);
    const own = client.say('SET k second NX');
    cluster.settle();
    expect([sent, own].map(shown)).toEqual(['waits', 'waits']);
    cluster.run(limits.formerLeaderMs + 2 * tickMs);
    expect([sent, own].map(shown)).toEqual(['OK', null]);
  });
});
