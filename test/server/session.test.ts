import { PassThrough } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { requestOf } from '../../harness/request.ts';
import { limits } from '../../src/base/limits.ts';
import { error } from '../../src/resp/reply.ts';
import { TestServer } from './test-server.ts';

describe('replies', () => {
  test('wait for the commit and go out in the order of the requests', async () => {
    const server = new TestServer({ commitByHand: true });
    const client = server.connect();
    client.send('PING\r\nSET k v\r\nPING\r\nfoo\r\nGET k\r\nPING\r\n');
    expect(await client.read('+PONG\r\n')).toBe('+PONG\r\n');
    await rest(3);
    expect(client.received).toBe('');
    server.commit();
    const others =
      "+OK\r\n+PONG\r\n-ERR unknown command 'foo', with args beginning with: \r\n" +
      '$1\r\nv\r\n+PONG\r\n';
    expect(await client.read(others)).toBe(others);
  });

  test('that will never be known are replaced by the error that says so', async () => {
    const server = new TestServer({ commitByHand: true });
    const client = server.connect();
    client.send('SET k v\r\n');
    while (server.router.heldCount === 0) await turn();
    server.router.giveUp(error('ERR the outcome is unknown'));
    const reply = '-ERR the outcome is unknown\r\n';
    expect(await client.read(reply)).toBe(reply);
  });

  test('go out one by one if they become ready one by one', async () => {
    const server = new TestServer({ commitByHand: true });
    const client = server.connect();
    client.send('GET a\r\nGET b\r\nPING\r\n');
    while (server.router.heldCount < 2) await turn();
    server.router.releaseFirst();
    expect(await client.read('$-1\r\n')).toBe('$-1\r\n');
    expect(client.received).toBe('');
    server.router.releaseFirst();
    expect(await client.read('$-1\r\n+PONG\r\n')).toBe('$-1\r\n+PONG\r\n');
  });

  test('are encoded in the protocol that was in force when the command ran', async () => {
    const server = new TestServer({ commitByHand: true });
    const client = server.connect();
    client.send('GET none\r\nHELLO 3\r\nGET none\r\nHELLO 2\r\nGET none\r\n');
    while (server.router.heldCount < 3) await turn();
    server.commit();
    const [first, second, third, ...more] = (
      await client.readUntil((text) => text.endsWith('$-1\r\n') && text.includes('_\r\n'))
    ).match(/\$-1\r\n|_\r\n/g) ?? [''];
    expect([first, second, third]).toEqual(['$-1\r\n', '_\r\n', '$-1\r\n']);
    expect(more).toEqual([]);
  });

  test('of one turn are one write', async () => {
    const stream = new PassThrough({ allowHalfOpen: true });
    const writes: string[] = [];
    stream.write = (chunk: string | Buffer) => {
      writes.push(chunk.toString('latin1'));
      return true;
    };
    const server = new TestServer();
    server.accept(stream);
    stream.emit('data', Buffer.from('PING\r\nSET k v\r\nGET k\r\nPING\r\n'));
    await rest(2);
    expect(writes).toEqual(['+PONG\r\n+OK\r\n$1\r\nv\r\n+PONG\r\n']);
  });

  test.each([
    [
      'off',
      'CLIENT REPLY off\r\nPING\r\nSET k v\r\nfoo\r\nCLIENT REPLY on\r\nPING',
      '+OK\r\n+PONG\r\n',
    ],
    ['skip', 'CLIENT REPLY skip\r\nPING\r\nPING', '+PONG\r\n'],
    ['skip, for an error', 'CLIENT REPLY skip\r\nfoo\r\nPING', '+PONG\r\n'],
    ['skip, for a held reply', 'CLIENT REPLY skip\r\nSET k v\r\nGET k', '$1\r\nv\r\n'],
  ])('are left out by CLIENT REPLY %s', async (_name, lines, replies) => {
    expect(await new TestServer().connect().ask(lines)).toBe(replies);
  });
});

describe('a session takes no more than its share', () => {
  test('of a turn: the others get theirs in between', async () => {
    const server = new TestServer({ limits: { requestsPerTurnMax: 10 } });
    const [greedy, modest] = [server.connect(), server.connect()];
    const count = 1_000;
    greedy.send(requestOf(['ECHO', 'x']).repeat(count));
    modest.send('ECHO y\r\n');
    await modest.read('$1\r\ny\r\n');
    expect(ran(server)).toBeLessThan(count / 2);
    const replies = '$1\r\nx\r\n'.repeat(count);
    expect(await greedy.read(replies)).toBe(replies);
    expect(server.turnCount).toBeGreaterThanOrEqual(count / 10);
  });

  test('of time: after a request that took long the others get their turn', async () => {
    let nowMicros = 0;
    const micros = (): number => {
      nowMicros += limits.requestsPerTurnMicros + 1;
      return nowMicros;
    };
    const server = new TestServer({ micros });
    const [greedy, modest] = [server.connect(), server.connect()];
    greedy.send(requestOf(['ECHO', 'x']).repeat(100));
    modest.send('ECHO y\r\n');
    await modest.read('$1\r\ny\r\n');
    expect(ran(server)).toBeLessThan(20);
    const replies = '$1\r\nx\r\n'.repeat(100);
    expect(await greedy.read(replies)).toBe(replies);
    expect(server.turnCount).toBeGreaterThanOrEqual(100);
  });

  test('of effects: while the turn is full no further request runs', async () => {
    const server = new TestServer();
    const client = server.connect();
    server.router.full = true;
    client.send('SET k v\r\n'.repeat(10));
    await rest(5);
    expect(ran(server)).toBe(0);
    server.router.full = false;
    const replies = '+OK\r\n'.repeat(10);
    expect(await client.read(replies)).toBe(replies);
  });

  test('of outcomes that wait for the log', async () => {
    const server = new TestServer({ commitByHand: true, limits: { heldReplyCountMax: 16 } });
    const client = server.connect();
    client.send('SET k v\r\n'.repeat(100));
    await rest(5);
    expect(server.router.heldCount).toBe(16);
    const replies = '+OK\r\n'.repeat(100);
    const received = client.read(replies);
    for (let turnCount = 0; turnCount < 100; turnCount += 1) {
      server.commit();
      await turn();
    }
    expect(await received).toBe(replies);
  });

  test('of memory for replies that its peer does not read', async () => {
    const server = new TestServer({ limits: { outputPauseBytes: 50_000 } });
    const client = server.connect();
    client.stream.pause();
    client.send('FILL 20000\r\n'.repeat(1_000));
    await rest(20);
    const stalledAt = ran(server);
    expect(stalledAt).toBeLessThan(20);
    expect(client.session.outputBytes).toBeLessThan(200_000);
    await turn();
    expect(ran(server)).toBe(stalledAt);
    client.stream.resume();
    const reply = `*4\r\n${`$5000\r\n${'x'.repeat(5_000)}\r\n`.repeat(4)}`;
    const replies = reply.repeat(1_000);
    expect((await client.read(replies)) === replies).toBe(true);
  });

  test('of memory for replies that all become ready at once', async () => {
    const server = new TestServer({ commitByHand: true, limits: { outputPauseBytes: 50_000 } });
    const client = server.connect();
    client.stream.pause();
    const value = 'v'.repeat(30_000);
    client.send(requestOf(['SET', 'k', value]) + 'GET k\r\n'.repeat(1_000));
    while (server.router.heldCount < 1_001) await turn();
    server.commit();
    await rest(5);
    expect(client.session.outputBytes).toBeLessThan(150_000);
    client.stream.resume();
    const replies = `+OK\r\n${`$30000\r\n${value}\r\n`.repeat(1_000)}`;
    expect((await client.read(replies)) === replies).toBe(true);
  });

  test('of memory for nested replies that wait for the log', async () => {
    const server = new TestServer({ commitByHand: true, limits: { outputPauseBytes: 50_000 } });
    server.connect().send('FILL 20000\r\n'.repeat(1_000));
    await rest(5);
    expect(server.router.heldCount).toBe(3);
    server.router.giveUp(error('ERR the outcome is unknown'));
    await rest(5);
    expect(server.router.heldCount).toBe(3);
  });

  test('when more bytes or the end come while requests are left over', async () => {
    const stream = new PassThrough({ allowHalfOpen: true });
    let written = '';
    stream.write = (chunk: string | Buffer) => {
      written += chunk.toString('latin1');
      return true;
    };
    const server = new TestServer({ limits: { requestsPerTurnMax: 2 } });
    server.accept(stream);
    stream.emit('data', Buffer.from('PING\r\n'.repeat(4)));
    stream.emit('data', Buffer.from('PING\r\n'.repeat(4)));
    stream.emit('end');
    expect(ran(server)).toBe(2);
    await rest(5);
    expect(written).toBe('+PONG\r\n'.repeat(8));
    expect(server.registry.size).toBe(0);
  });

  test('of memory for messages: a subscriber that does not read is cut off', async () => {
    const server = new TestServer({
      limits: { outputBytesMax: 300_000, outputPauseBytes: 50_000 },
    });
    const client = server.connect();
    const confirmed = '*3\r\n$9\r\nsubscribe\r\n$1\r\na\r\n:1\r\n';
    client.send('SUBSCRIBE a\r\n');
    expect(await client.read(confirmed)).toBe(confirmed);
    client.stream.pause();
    for (let count = 0; count < 100 && server.registry.size > 0; count += 1) {
      server.subscriptions.deliver('a', 'm'.repeat(10_000));
      expect(client.session.outputBytes).toBeLessThan(350_000);
      await turn();
    }
    expect(server.events).toContain('closed 1: too many bytes of replies');
    expect(server.subscriptions.receiverCount('a')).toBe(0);
  });

  test('of memory for one reply', async () => {
    const server = new TestServer({ limits: { outputBytesMax: 100_000 } });
    const client = server.connect();
    client.send('FILL 200000\r\nPING\r\n');
    expect(await client.readToEnd()).toBe('');
    expect(server.events).toContain('closed 1: too many bytes of replies');
  });

  test('of memory for a request that does not end', async () => {
    const server = new TestServer({ limits: { queryBytesMax: 100_000 } });
    const client = server.connect();
    client.send(`*100\r\n${`$20000\r\n${'x'.repeat(20_000)}\r\n`.repeat(6)}`);
    expect(await client.readToEnd()).toBe('');
    expect(server.events).toContain('closed 1: too many bytes of requests');
  });
});

describe('the end of a session', () => {
  test('QUIT answers, closes, and runs nothing behind it', async () => {
    const server = new TestServer();
    const client = server.connect();
    client.send('SET k v\r\nQUIT\r\nSET k w\r\n');
    expect(await client.readToEnd()).toBe('+OK\r\n+OK\r\n');
    expect(server.router.keyspace.find(0, 'k')?.value).toBe('v');
    expect(server.registry.size).toBe(0);
  });

  test('of a client that sent its requests and no more comes after their replies', async () => {
    const server = new TestServer();
    const client = server.connect();
    client.stream.end(`SET k v\r\n${requestOf(['GET', 'k'])}*2\r\n$3\r\nGET`, 'latin1');
    expect(await client.readToEnd()).toBe('+OK\r\n$1\r\nv\r\n');
    expect(server.registry.size).toBe(0);
  });

  test('of a client that is gone drops the replies and leaves nothing behind', async () => {
    const server = new TestServer({ commitByHand: true });
    const client = server.connect();
    client.send('SET k v\r\nSUBSCRIBE a\r\n');
    while (server.subscriptions.receiverCount('a') === 0) await turn();
    client.stream.destroy(new Error('reset by peer'));
    while (server.registry.size > 0) await turn();
    server.commit();
    expect(server.subscriptions.receiverCount('a')).toBe(0);
    expect(server.router.keyspace.find(0, 'k')?.value).toBe('v');
  });

  test('is told once, with its reason', async () => {
    const server = new TestServer();
    const [killer, victim] = [server.connect(), server.connect()];
    expect(await killer.ask(`CLIENT KILL ${victim.session.id}`)).toBe('+OK\r\n');
    expect(await victim.readToEnd()).toBe('');
    victim.session.destroy();
    const closed = server.events.filter((event) => event.startsWith('closed'));
    expect(closed).toEqual(['closed 2: closed by a command']);
  });

  test('ids are never used twice', () => {
    const server = new TestServer();
    const first = server.connect().session;
    first.destroy();
    expect(server.connect().session.id).toBeGreaterThan(first.id);
  });

  test('comes after the idle time, but not for subscribers', async () => {
    const server = new TestServer();
    const [idle, busy, subscriber] = [server.connect(), server.connect(), server.connect()];
    subscriber.send('SUBSCRIBE a\r\n');
    while (!subscriber.session.subscribed) await turn();
    server.nowMs += 10_000;
    await busy.ask('PING');
    server.registry.sweep(server.nowMs, 0);
    expect(server.registry.size).toBe(3);
    server.registry.sweep(server.nowMs, 9_000);
    expect([...server.registry.all()]).toEqual([busy.session, subscriber.session]);
    expect(await idle.readToEnd()).toBe('');
    expect(server.events).toContain('closed 1: idle for too long');
  });

  test('is forced if the peer of a closing session does not read', async () => {
    const server = new TestServer({ commitByHand: true });
    const client = server.connect();
    client.send('SET k v\r\nQUIT\r\n');
    while (!client.session.closing) await turn();
    server.registry.sweep(server.nowMs + 9_000, 0);
    expect(server.registry.size).toBe(1);
    server.registry.sweep(server.nowMs + 11_000, 0);
    expect(server.registry.size).toBe(0);
  });
});

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Lets the streams in memory, which take a few turns for each piece, come to rest. */
async function rest(count: number): Promise<void> {
  for (let done = 0; done < count * 10; done += 1) await turn();
}

/** How many commands have run. */
function ran(server: TestServer): number {
  return server.events.filter((event) => event.startsWith('done')).length;
}
