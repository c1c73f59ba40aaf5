import { describe, expect, test } from 'vitest';
import { requestOf } from '../../harness/request.ts';
import { limits } from '../../src/base/limits.ts';
import { TestServer } from './test-server.ts';

const bulkOf = (text: string): string => `$${text.length}\r\n${text}\r\n`;
const confirmation = (verb: string, name: string | undefined, count: number, mark = '*'): string =>
  `${mark}3\r\n${bulkOf(verb)}${name === undefined ? null3(mark) : bulkOf(name)}:${count}\r\n`;
const null3 = (mark: string): string => (mark === '>' ? '_\r\n' : '$-1\r\n');
const messageOf = (parts: readonly string[], mark = '*'): string =>
  `${mark}${parts.length}\r\n${parts.map(bulkOf).join('')}`;

describe('a subscriber', () => {
  test('is told of each subscription, with the count of all it has', async () => {
    const client = new TestServer().connect();
    client.send(
      'SUBSCRIBE a b\r\nSUBSCRIBE a\r\nPSUBSCRIBE p*\r\nUNSUBSCRIBE\r\nPUNSUBSCRIBE\r\nPING\r\n',
    );
    const replies = [
      confirmation('subscribe', 'a', 1),
      confirmation('subscribe', 'b', 2),
      confirmation('subscribe', 'a', 2),
      confirmation('psubscribe', 'p*', 3),
      confirmation('unsubscribe', 'a', 2),
      confirmation('unsubscribe', 'b', 1),
      confirmation('punsubscribe', 'p*', 0),
      '+PONG\r\n',
    ].join('');
    expect(await client.read(replies)).toBe(replies);
  });

  test.each([
    ['UNSUBSCRIBE', confirmation('unsubscribe', undefined, 0)],
    ['PUNSUBSCRIBE', confirmation('punsubscribe', undefined, 0)],
    ['UNSUBSCRIBE x y', confirmation('unsubscribe', 'x', 0) + confirmation('unsubscribe', 'y', 0)],
    ['PUNSUBSCRIBE x', confirmation('punsubscribe', 'x', 0)],
    ['SUBSCRIBE', "-ERR wrong number of arguments for 'subscribe' command\r\n"],
  ])('of nothing gets an answer to %s', async (line, reply) => {
    const client = new TestServer().connect();
    client.send(`${line}\r\n`);
    expect(await client.read(reply)).toBe(reply);
  });

  test('in RESP2 may do nothing but subscribe, PING, QUIT and RESET', async () => {
    const client = new TestServer().connect();
    const refusal = (name: string): string =>
      `-ERR Can't execute '${name}': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / ` +
      'PING / QUIT / RESET are allowed in this context\r\n';
    client.send(
      'SUBSCRIBE a\r\nGET a\r\nCLIENT ID\r\nMULTI\r\nPING\r\n' +
        'PING hi\r\nfoo\r\nGET\r\nRESET\r\nGET a\r\n',
    );
    const replies = [
      confirmation('subscribe', 'a', 1),
      refusal('get'),
      refusal('client|id'),
      refusal('multi'),
      '*2\r\n$4\r\npong\r\n$0\r\n\r\n',
      '*2\r\n$4\r\npong\r\n$2\r\nhi\r\n',
      "-ERR unknown command 'foo', with args beginning with: \r\n",
      "-ERR wrong number of arguments for 'get' command\r\n",
      '+RESET\r\n',
      '$-1\r\n',
    ].join('');
    expect(await client.read(replies)).toBe(replies);
  });

  test('in RESP3 may do everything, and gets messages as pushes', async () => {
    const client = new TestServer().connect();
    await client.ask('HELLO 3');
    client.send('PSUBSCRIBE a* b*\r\nSUBSCRIBE abc\r\nPUBLISH abc m\r\n');
    const confirmations = [
      confirmation('psubscribe', 'a*', 1, '>'),
      confirmation('psubscribe', 'b*', 2, '>'),
      confirmation('subscribe', 'abc', 3, '>'),
    ].join('');
    expect(await client.read(confirmations)).toBe(confirmations);
    const rest = [
      ':2\r\n',
      messageOf(['message', 'abc', 'm'], '>'),
      messageOf(['pmessage', 'a*', 'abc', 'm'], '>'),
    ];
    const text = await client.read(rest.join(''));
    for (const part of rest) expect(text).toContain(part);
    expect(await client.ask('GET a')).toBe('_\r\n');
  });

  test('gets confirmations and messages although CLIENT REPLY is off', async () => {
    const server = new TestServer();
    const client = server.connect();
    client.send('CLIENT REPLY off\r\nPING\r\nSUBSCRIBE a\r\nPING\r\n');
    const confirmed = confirmation('subscribe', 'a', 1);
    expect(await client.read(confirmed)).toBe(confirmed);
    server.subscriptions.deliver('a', 'm');
    const message = messageOf(['message', 'a', 'm']);
    expect(await client.read(message)).toBe(message);
  });

  test('may have no more subscriptions than the limit', async () => {
    const client = new TestServer().connect();
    const names = Array.from({ length: limits.subscriptionCountMax - 1 }, (_, at) => `c${at}`);
    client.send(requestOf(['SUBSCRIBE', ...names]));
    const confirmed = names.map((name, at) => confirmation('subscribe', name, at + 1)).join('');
    expect(await client.read(confirmed)).toBe(confirmed);
    client.send('PSUBSCRIBE a b\r\n');
    const error = `-ERR a session has at most ${limits.subscriptionCountMax} subscriptions\r\n`;
    expect(await client.read(error)).toBe(error);
  });

  test('may not have more bytes of them either, however it comes by them', async () => {
    const client = new TestServer().connect();
    const { subscriptionBytesMax } = limits;
    const tooMany = `ERR the subscriptions of a session have at most ${subscriptionBytesMax} bytes`;
    const send = async (verb: string, name: string, reply: string): Promise<void> => {
      client.send(requestOf([verb.toUpperCase(), name]));
      // Compared first: a difference of megabytes is nothing to print.
      expect((await client.read(reply)) === reply, `${verb} ${name.at(-1)}`).toBe(true);
    };
    const quarter = (at: number): string => 'h'.repeat(subscriptionBytesMax / 4 - 1) + at;
    for (let at = 1; at <= 4; at += 1) {
      await send('psubscribe', quarter(at), confirmation('psubscribe', quarter(at), at));
    }
    await send('subscribe', 'c', `-${tooMany}\r\n`);
    await send('punsubscribe', quarter(1), confirmation('punsubscribe', quarter(1), 3));
    // The same one again is counted once.
    await send('subscribe', 'c', confirmation('subscribe', 'c', 4));
    await send('subscribe', 'c', confirmation('subscribe', 'c', 4));
    await send('unsubscribe', 'c', confirmation('unsubscribe', 'c', 3));
    await send('psubscribe', quarter(1), confirmation('psubscribe', quarter(1), 4));
  });
});

describe('a message', () => {
  test('reaches subscribers when it is committed, not before', async () => {
    const server = new TestServer({ commitByHand: true });
    const [subscriber, publisher] = [server.connect(), server.connect()];
    const confirmed = confirmation('subscribe', 'a', 1);
    subscriber.send('SUBSCRIBE a\r\n');
    expect(await subscriber.read(confirmed)).toBe(confirmed);
    publisher.send('PUBLISH a m\r\nPING\r\n');
    const { turnCount } = server;
    while (server.router.heldCount === 0 || server.turnCount === turnCount) await nextTurn();
    expect(subscriber.received + publisher.received).toBe('');
    server.commit();
    const message = messageOf(['message', 'a', 'm']);
    expect(await subscriber.read(message)).toBe(message);
    expect(await publisher.read(':1\r\n+PONG\r\n')).toBe(':1\r\n+PONG\r\n');
  });

  test('comes behind the replies of requests that came before the subscription', async () => {
    const server = new TestServer({ commitByHand: true });
    const client = server.connect();
    client.send('SET k v\r\nSUBSCRIBE a\r\n');
    while (client.session.channels.size === 0) await nextTurn();
    server.subscriptions.deliver('a', 'm');
    await nextTurn();
    expect(client.received).toBe('');
    server.commit();
    const message = messageOf(['message', 'a', 'm']);
    const replies = `+OK\r\n${confirmation('subscribe', 'a', 1)}${message}`;
    expect(await client.read(replies)).toBe(replies);
  });

  test('to a session that has ended goes nowhere', async () => {
    const server = new TestServer();
    const [subscriber, publisher] = [server.connect(), server.connect()];
    const confirmed = confirmation('subscribe', 'a', 1) + confirmation('psubscribe', '*', 2);
    subscriber.send('SUBSCRIBE a\r\nPSUBSCRIBE *\r\n');
    await subscriber.read(confirmed);
    expect(await publisher.ask('PUBLISH a m')).toBe(':2\r\n');
    await subscriber.read(messageOf(['message', 'a', 'm']));
    subscriber.stream.destroy();
    await subscriber.readToEnd();
    expect(await publisher.ask('PUBLISH a m\r\nPUBSUB NUMPAT\r\nPUBSUB CHANNELS')).toBe(
      ':0\r\n:0\r\n*0\r\n',
    );
  });

  test('does not reach a session that subscribed in the transaction that ended it', async () => {
    const server = new TestServer();
    const client = server.connect();
    client.send(`MULTI\r\nCLIENT KILL ${client.session.id}\r\nSUBSCRIBE a\r\nWATCH k\r\nEXEC\r\n`);
    await client.readToEnd();
    expect(server.subscriptions.channels(undefined)).toEqual([]);
  });
});

describe('PUBSUB', () => {
  test.each([
    ['CHANNELS', '*2\r\n$3\r\nabc\r\n$1\r\nx\r\n'],
    ['CHANNELS a*', '*1\r\n$3\r\nabc\r\n'],
    [
      'CHANNELS a b',
      "-ERR unknown subcommand or wrong number of arguments for 'CHANNELS'. Try PUBSUB HELP.\r\n",
    ],
    ['NUMSUB', '*0\r\n'],
    ['NUMSUB abc none', '*4\r\n$3\r\nabc\r\n:1\r\n$4\r\nnone\r\n:0\r\n'],
    ['NUMPAT', ':1\r\n'],
    ['NUMPAT x', "-ERR wrong number of arguments for 'pubsub|numpat' command\r\n"],
    ['SHARDCHANNELS', '*0\r\n'],
    ['SHARDNUMSUB a', '*2\r\n$1\r\na\r\n:0\r\n'],
    ['foo', "-ERR unknown subcommand 'foo'. Try PUBSUB HELP.\r\n"],
    ['', "-ERR wrong number of arguments for 'pubsub' command\r\n"],
  ])('%s answers %j', async (rest, reply) => {
    const server = new TestServer();
    const subscriber = server.connect();
    subscriber.send('SUBSCRIBE abc x\r\nPSUBSCRIBE p*\r\n');
    while (subscriber.session.patterns.size === 0) await nextTurn();
    expect(await server.connect().ask(`PUBSUB ${rest}`)).toBe(reply);
  });

  test('HELP tells about every subcommand', async () => {
    const help = await new TestServer().connect().ask('PUBSUB HELP');
    expect(help).toMatch(/^\*13\r\n\+PUBSUB <subcommand> \[<arg> \[value\] \[opt\] \.\.\.\]\. Sub/);
    expect(help).toContain('+NUMSUB [<channel> [channel ...]]\r\n+    Tells how many');
  });
});

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

test('a script that publishes pays for every pattern that the channel is held against', () => {
  const server = new TestServer();
  const { subscriptions } = server;
  const { session } = server.connect();
  for (let at = 0; at < 1_000; at += 1) subscriptions.subscribePattern(session, `*y${at}`);
  let steps = 0;
  const meter = {
    step(count: number) {
      steps += count;
    },
  };
  expect(subscriptions.receiverCount('x', meter)).toBe(0);
  expect(steps).toBeGreaterThanOrEqual(2_000);
});
