import { describe, expect, test } from 'vitest';
import { requestOf } from '../../harness/request.ts';
import { limits } from '../../src/base/limits.ts';
import { TestServer } from './test-server.ts';

/** The cases of Redis' tests/unit/protocol.tcl, and what redis-server 7.0.15 answered to more. */
describe('a session answers as Redis', () => {
  test.each([
    ['an empty request', '\r\nPING\r\n', '+PONG\r\n'],
    ['a negative count', '*-10\r\nPING\r\n', '+PONG\r\n'],
    [
      'arguments with every kind of byte',
      requestOf(['ECHO', '\0\r\n\xff']),
      '$4\r\n\0\r\n\xff\r\n',
    ],
    ['pipelined requests', 'ECHO a\r\nECHO b\r\nPING\r\n', '$1\r\na\r\n$1\r\nb\r\n+PONG\r\n'],
    ['inline and array requests in turn', `PING\r\n${requestOf(['PING'])}`, '+PONG\r\n+PONG\r\n'],
    ['a read of what was written before it', 'SET k v\r\nGET k\r\n', '+OK\r\n$1\r\nv\r\n'],
    [
      'a wrong number of arguments',
      'ECHO a b c\r\n',
      "-ERR wrong number of arguments for 'echo' command\r\n",
    ],
  ])('%s', async (_name, bytes, reply) => {
    const client = new TestServer().connect();
    client.send(bytes);
    expect(await client.read(reply)).toBe(reply);
  });

  test.each([
    ['*3000000000\r\n', 'invalid multibulk length'],
    ['*3\r\n$3\r\nSET\r\n$1\r\nx\r\nfooz\r\n', "expected '$', got 'f'"],
    ['*3\r\n$3\r\nSET\r\n$1\r\nx\r\n$-10\r\n', 'invalid bulk length'],
    ['*3\r\n$3\r\nSET\r\n$1\r\nx\r\n$2000000000\r\n', 'invalid bulk length'],
    ['*3\r\n$3\r\nSET\r\n$1\r\nx\r\n$blabla\r\n', 'invalid bulk length'],
    ['*1\r\n\r\n', "expected '$', got ' '"],
    ['set """test-key""" test-value\r\n', 'unbalanced quotes in request'],
    [`*${'1'.repeat(70_000)}`, 'too big mbulk count string'],
    [`*1\r\n$${'1'.repeat(70_000)}`, 'too big bulk count string'],
    ['x'.repeat(70_000), 'too big inline request'],
  ])('and after %.40j says what is wrong, then ends the connection', async (bytes, reason) => {
    const server = new TestServer();
    const client = server.connect();
    client.send(`PING\r\n${bytes}`);
    const text = `+PONG\r\n-ERR Protocol error: ${reason}\r\n`;
    expect(await client.readToEnd()).toBe(text);
    expect(server.registry.size).toBe(0);
  });

  test.each([
    ['HTTP', 'POST / HTTP/1.1\r\nHost: localhost\r\n\r\nPING\r\n'],
    ['HTTP', 'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n'],
    ['TLS', '\x16\x03\x01\x00\xf4\x01\x00'],
  ])('and ends a connection that speaks %s without a word', async (protocol, bytes) => {
    const server = new TestServer();
    const client = server.connect();
    client.send(bytes);
    expect(await client.readToEnd()).toBe('');
    expect(server.events).toContain(`closed 1: ${protocol} bytes on the port`);
  });

  test('a request of the largest number of arguments runs', async () => {
    const client = new TestServer().connect();
    const args = Array.from({ length: limits.argumentCountMax - 1 }, () => 'k');
    client.send(requestOf(['ECHO', ...args]));
    const reply = "-ERR wrong number of arguments for 'echo' command\r\n";
    expect(await client.read(reply)).toBe(reply);
  });
});

describe('before AUTH', () => {
  const password = 'secret';

  test.each([
    ['GET a\r\n', '-NOAUTH Authentication required.\r\n'],
    ['SUBSCRIBE a\r\n', '-NOAUTH Authentication required.\r\n'],
    ['CLIENT HELP\r\n', '-NOAUTH Authentication required.\r\n'],
    ['foo a\r\n', "-ERR unknown command 'foo', with args beginning with: 'a' \r\n"],
    ['GET\r\n', "-ERR wrong number of arguments for 'get' command\r\n"],
    ['CLIENT foo\r\n', "-ERR unknown subcommand 'foo'. Try CLIENT HELP.\r\n"],
    ['QUIT\r\n', '+OK\r\n'],
    ['*11\r\n', '-ERR Protocol error: unauthenticated multibulk length\r\n'],
    ['*10\r\n$16385\r\n', '-ERR Protocol error: unauthenticated bulk length\r\n'],
  ])('%j is answered by %j', async (bytes, reply) => {
    const client = new TestServer({ password }).connect();
    client.send(bytes);
    expect(await client.read(reply)).toBe(reply);
  });

  test('a client that sends more than its buffer may hold is cut off', async () => {
    const server = new TestServer({ password, limits: { unauthenticatedQueryBytesMax: 100_000 } });
    const client = server.connect();
    client.send(`*10\r\n${`$16384\r\n${'x'.repeat(16_384)}\r\n`.repeat(9)}`);
    expect(await client.readToEnd()).toBe('');
    expect(server.events).toContain('closed 1: too many bytes of requests');
  });

  test('the larger limits hold from the request behind AUTH on', async () => {
    const client = new TestServer({ password }).connect();
    const value = 'v'.repeat(20_000);
    client.send(`AUTH secret\r\n${requestOf(['SET', 'k', value])}GET k\r\n`);
    const reply = `+OK\r\n+OK\r\n$20000\r\n${value}\r\n`;
    expect(await client.read(reply)).toBe(reply);
  });
});
