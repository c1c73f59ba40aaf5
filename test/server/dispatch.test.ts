import { describe, expect, test } from 'vitest';
import { requestOf } from '../../harness/request.ts';
import { limits } from '../../src/base/limits.ts';
import { TestServer } from './test-server.ts';

describe('a request that cannot run is answered in the words of Redis', () => {
  test.each([
    ['foo', "-ERR unknown command 'foo', with args beginning with: \r\n"],
    ['Foo bar baz', "-ERR unknown command 'Foo', with args beginning with: 'bar' 'baz' \r\n"],
    ['"" a', "-ERR unknown command '', with args beginning with: 'a' \r\n"],
    ['foo "a\\r\\nb"', "-ERR unknown command 'foo', with args beginning with: 'a  b' \r\n"],
    [
      `foo a ${'c'.repeat(200)} d`,
      `-ERR unknown command 'foo', with args beginning with: 'a' '${'c'.repeat(124)}' \r\n`,
    ],
    [
      `${'x'.repeat(200)} ${'y'.repeat(100)} ${'z'.repeat(50)} q`,
      `-ERR unknown command '${'x'.repeat(128)}', with args beginning with: ` +
        `'${'y'.repeat(100)}' '${'z'.repeat(25)}' \r\n`,
    ],
    ['get', "-ERR wrong number of arguments for 'get' command\r\n"],
    ['GET a b', "-ERR wrong number of arguments for 'get' command\r\n"],
    ['client', "-ERR wrong number of arguments for 'client' command\r\n"],
    ['client kill', "-ERR wrong number of arguments for 'client|kill' command\r\n"],
    ['CLIENT ID x', "-ERR wrong number of arguments for 'client|id' command\r\n"],
    ['client foo bar', "-ERR unknown subcommand 'foo'. Try CLIENT HELP.\r\n"],
    ['client "a\\nb"', "-ERR unknown subcommand 'a b'. Try CLIENT HELP.\r\n"],
    ['client help x', "-ERR wrong number of arguments for 'client|help' command\r\n"],
  ])('%.40s', async (line, reply) => {
    expect(await new TestServer().connect().ask(line)).toBe(reply);
  });
});

test('names of commands and subcommands are found in any case', async () => {
  const client = new TestServer().connect();
  expect(await client.ask('pInG\r\nPING\r\ncLiEnT iD\r\nclient id')).toBe(
    '+PONG\r\n+PONG\r\n:1\r\n:1\r\n',
  );
});

test('all the spellings of a name are found, and not all remembered', async () => {
  const client = new TestServer().connect();
  const spellings = Array.from({ length: 2 ** 11 }, (_, bits) =>
    [...'unsubscribe'].map((one, at) => (bits & (1 << at) ? one.toUpperCase() : one)).join(''),
  );
  client.send(spellings.map((name) => `${name}\r\n`).join(''));
  const replies = '*3\r\n$11\r\nunsubscribe\r\n$-1\r\n:0\r\n'.repeat(spellings.length);
  expect(await client.read(replies)).toBe(replies);
});

test('HELP of a container lists its subcommands with their arguments', async () => {
  const help = await new TestServer().connect().ask('client HELP');
  expect(help.split('\r\n')).toEqual([
    '*9',
    '+CLIENT <subcommand> [<arg> [value] [opt] ...]. Subcommands are:',
    '+ID',
    '+    Returns the id.',
    '+REPLY <mode>',
    '+    Sets whether replies are written.',
    '+KILL',
    '+    Ends a session.',
    '+HELP',
    '+    Prints this help.',
    '',
  ]);
});

describe('keys', () => {
  const fitting = 'k'.repeat(limits.keyBytesMax);

  test('of the largest size are served', async () => {
    const client = new TestServer().connect();
    client.send(requestOf(['SET', fitting, 'v']) + requestOf(['GET', fitting]));
    expect(await client.read('+OK\r\n$1\r\nv\r\n')).toBe('+OK\r\n$1\r\nv\r\n');
  });

  test('that are longer are refused, alone and in a transaction', async () => {
    const client = new TestServer().connect();
    const tooLong = requestOf(['SET', `${fitting}k`, 'v']);
    const error = '-ERR key is longer than 65536 bytes\r\n';
    client.send(`${tooLong}MULTI\r\n${tooLong}EXEC\r\n`);
    const aborted = '-EXECABORT Transaction discarded because of previous errors.\r\n';
    const replies = `${error}+OK\r\n${error}${aborted}`;
    expect(await client.read(replies)).toBe(replies);
  });

  test('may be shorter than the values beside them', async () => {
    const client = new TestServer().connect();
    client.send(requestOf(['SET', 'k', 'v'.repeat(limits.valueBytesMax)]));
    expect(await client.read('+OK\r\n')).toBe('+OK\r\n');
  });
});

test('an observer is told what ran, how it ended, and what was refused', async () => {
  const server = new TestServer();
  await server.connect().ask('SET k v\r\nSET k v BAD\r\nGET\r\nfoo\r\nclient id');
  expect(server.events).toEqual([
    'opened 1',
    'done set 3',
    'done set 4: ERR syntax error',
    "refused get: ERR wrong number of arguments for 'get' command",
    "refused undefined: ERR unknown command 'foo', with args beginning with: ",
    'done client|id 2',
    'done echo 2',
  ]);
});

test('the session knows the whole name of its last command', async () => {
  const client = new TestServer().connect();
  client.send('CLIENT ID\r\n');
  await client.read(':1\r\n');
  expect(client.session.lastCommandName).toBe('client|id');
});
