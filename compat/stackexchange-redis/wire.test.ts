import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { RawConnection } from '../../harness/raw-connection.ts';
import type { ServerProcess } from '../../harness/server-process.ts';
import { startTarget, targetKind } from '../target.ts';

/*
 * The conversations of StackExchange.Redis 2.x and 3.x, command by command as their sources send
 * them, with the replies that they insist on. The .NET tests run the library itself where its
 * packages can be had; this needs nothing but a socket.
 */

/** Neither text nor a whole number of lines: it must come back byte for byte. */
const tracer = Buffer.from('89828800ff0d0a24b24bee1381b6c6f8', 'hex').toString('latin1');
const nodeName = 'host(SE.Redis-v2.13.23)';

/** Of 2.x, with the `CLUSTER SLOTS` that 3.x adds. */
const handshake: readonly (readonly string[])[] = [
  ['CLIENT', 'SETNAME', nodeName],
  ['CLIENT', 'SETINFO', 'lib-name', 'SE.Redis'],
  ['CLIENT', 'SETINFO', 'lib-ver', '2.13.23'],
  ['CLIENT', 'ID'],
  ['CONFIG', 'GET', 'timeout'],
  ['CONFIG', 'GET', 'replica-read-only'],
  ['CONFIG', 'GET', 'databases'],
  ['SENTINEL', 'MASTERS'],
  ['INFO', 'replication'],
  ['INFO', 'server'],
  ['CLUSTER', 'SLOTS'],
  ['CLUSTER', 'NODES'],
  ['GET', '__Booksleeve_TieBreak'],
  ['ECHO', tracer],
];

const hasIfEq = targetKind === 'fencepost';

describe('the wire of StackExchange.Redis', () => {
  let server: ServerProcess;
  let older: ServerProcess;

  beforeAll(async () => {
    server = await startTarget();
    older = hasIfEq ? await startTarget(['--redis-version', '7.2.0']) : server;
  });

  afterAll(async () => {
    await server.stop();
    await older.stop();
  });

  async function withConnection(
    to: ServerProcess,
    use: (connection: RawConnection) => Promise<void>,
  ): Promise<void> {
    const connection = await RawConnection.open(to.port);
    try {
      await use(connection);
    } finally {
      connection.close();
    }
  }

  test('the handshake in one write gets the replies that the library needs', async () => {
    await withConnection(server, async (connection) => {
      const replies = await converse(connection, ...handshake);
      // The tracer fails the connection unless its own 16 bytes come back as a bulk string.
      expect(replies.endsWith(`\r\n$-1\r\n$16\r\n${tracer}\r\n`)).toBe(true);
      // A scalar would mark the server as a Sentinel, a text as a cluster.
      expect(replies).toContain("-ERR unknown command 'SENTINEL'");
      expect(replies).toContain('-ERR This instance has cluster support disabled\r\n');
      expect(replies).toContain('$7\r\ntimeout\r\n$1\r\n0\r\n');
      expect(replies).toContain('$9\r\ndatabases\r\n$2\r\n16\r\n');
      expect(replies).toMatch(/\r\nrole:master\r\n/);
      expect(replies).toMatch(/\r\nredis_version:\d+\.\d+\.\d+\r\n/);
    });
  });

  test('every command of the handshake gets exactly one reply', async () => {
    await withConnection(server, async (connection) => {
      for (const command of handshake) {
        // With an end of its own, so that a missing or a second reply shows at its own command.
        const [reply, end] = await connection.ask([command, ['ECHO', 'end']]);
        expect(reply).toMatch(/^[-+:$*]/);
        expect(end, command.join(' ')).toBe('$3\r\nend\r\n');
      }
    });
  });

  test('RESP3: HELLO 3 first, then the rest, and a subscription on the same one', async () => {
    await withConnection(server, async (connection) => {
      const hello = await connection.askOne('HELLO', '3');
      expect(hello).toMatch(/^%\d+\r\n/);
      expect(hello).toContain('$5\r\nproto\r\n:3\r\n');
      expect(hello).toMatch(/\$7\r\nversion\r\n\$\d+\r\n\d+\.\d+\.\d+\r\n/);
      const replies = await converse(connection, ...handshake);
      expect(replies.endsWith(`\r\n_\r\n$16\r\n${tracer}\r\n`)).toBe(true);
      const channel = '__Booksleeve_MasterChanged';
      const subscribed = `>3\r\n$9\r\nsubscribe\r\n$${channel.length}\r\n${channel}\r\n:1\r\n`;
      const reply = await connection.askOne('SUBSCRIBE', channel);
      expect(reply).toBe(subscribed);
      expect(await connection.askOne('GET', 'lock:resp3')).toBe('_\r\n');
    });
  });

  test('RESP2: the second connection subscribes and is kept alive by PING', async () => {
    await withConnection(server, async (connection) => {
      expect(await connection.askOne('ECHO', tracer)).toContain(tracer);
      const channel = '__Booksleeve_MasterChanged';
      await connection.askOne('SUBSCRIBE', channel);
      const pong = await connection.askOne('PING');
      expect(pong).toBe('*2\r\n$4\r\npong\r\n$0\r\n\r\n');
    });
  });

  test('LockTake: SET with EX and NX, granted once', async () => {
    await withConnection(server, async (connection) => {
      const take = (owner: string): string[] => ['SET', 'lock:take', owner, 'EX', '30', 'NX'];
      expect(await converse(connection, take('me'), take('you'), ['GET', 'lock:take'])).toBe(
        '+OK\r\n$-1\r\n$2\r\nme\r\n',
      );
    });
  });

  test.skipIf(!hasIfEq)('LockExtend and LockRelease from 8.4 on: IFEQ and DELEX', async () => {
    await withConnection(server, async (connection) => {
      expect(await connection.askOne('INFO', 'server')).toMatch(/redis_version:8\.[4-9]\./);
      const extend = (owner: string, seconds: string): string[] => {
        return ['SET', 'lock:8', owner, 'EX', seconds, 'IFEQ', owner];
      };
      const release = (owner: string): string[] => ['DELEX', 'lock:8', 'IFEQ', owner];
      await connection.askOne('SET', 'lock:8', 'me', 'EX', '30', 'NX');
      expect(
        await converse(connection, extend('me', '60'), extend('you', '90'), ['TTL', 'lock:8']),
      ).toMatch(/^\+OK\r\n\$-1\r\n:(60|59)\r\n$/);
      expect(await converse(connection, release('you'), release('me'), release('me'))).toBe(
        ':0\r\n:1\r\n:0\r\n',
      );
      expect(await converse(connection, extend('me', '60'), ['EXISTS', 'lock:8'])).toBe(
        '$-1\r\n:0\r\n',
      );
    });
  });

  test('LockExtend and LockRelease on older versions: WATCH, MULTI and EXEC', async () => {
    await withConnection(older, async (connection) => {
      await connection.askOne('SET', 'lock:7', 'me', 'EX', '30', 'NX');
      const look: string[][] = [
        ['WATCH', 'lock:7'],
        ['GET', 'lock:7'],
      ];
      expect(await converse(connection, ...look)).toBe('+OK\r\n$2\r\nme\r\n');
      expect(await converse(connection, ['MULTI'], ['PEXPIRE', 'lock:7', '60500'], ['EXEC'])).toBe(
        '+OK\r\n+QUEUED\r\n*1\r\n:1\r\n',
      );
      await converse(connection, ...look);
      expect(await connection.askOne('UNWATCH')).toBe('+OK\r\n');
      await converse(connection, ...look);
      expect(await converse(connection, ['MULTI'], ['DEL', 'lock:7'], ['EXEC'])).toBe(
        '+OK\r\n+QUEUED\r\n*1\r\n:1\r\n',
      );
    });
  });

  test('a lock that changed hands between WATCH and EXEC is left alone', async () => {
    await withConnection(older, async (former) => {
      await withConnection(older, async (next) => {
        await former.askOne('SET', 'lock:race', 'me', 'EX', '30', 'NX');
        await converse(former, ['WATCH', 'lock:race'], ['GET', 'lock:race']);
        await converse(next, ['DEL', 'lock:race'], ['SET', 'lock:race', 'you', 'EX', '30', 'NX']);
        expect(await converse(former, ['MULTI'], ['DEL', 'lock:race'], ['EXEC'])).toBe(
          '+OK\r\n+QUEUED\r\n*-1\r\n',
        );
        expect(await next.askOne('GET', 'lock:race')).toBe('$3\r\nyou\r\n');
      });
    });
  });
});

/** The bytes of all replies to commands that are sent in one write. */
async function converse(
  connection: RawConnection,
  ...commands: readonly (readonly string[])[]
): Promise<string> {
  return (await connection.ask(commands)).join('');
}
